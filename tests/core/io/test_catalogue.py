"""A company folder is read as a whole, and all its faults are told at once."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atoll.errors import BadInput, Issue
from atoll.io import DemandProfile, ModelDemand, TextDemand, read_catalogue
from atoll.io.catalogue import NoSuchFolder
from atoll.model.bill import BillLine
from atoll.model.company import AssemblyLine, Customer
from atoll.model.item import Item, Kind, Supplier, SupplierItem, Tracking

COMPANY = """\
name = "Räder & Söhne"
currency = "EUR"
start = 2026-01-05
holidays = [2026-05-01]
shipping_days = 1
minute_rate = 0.7

[[lines]]
code = "L1"
name = "Line 1"
minutes_per_day = 480
models = ["BIKE"]

[demand]
weekday_weights = [2, 1, 1, 1, 1, 0, 0]
trend = 0.1
large_order_share = 0.02
large_order_units = [10, 40]
request_later_share = 0.3
request_later_days = [7, 35]

[[demand.models]]
code = "BIKE"
share = 1
units_mean = 1.5

[[demand.models.texts]]
feature = "name"
share = 0.2
texts = ["Ann", "Bo"]
"""

FILES = {
    "company.toml": COMPANY,
    "items/parts.csv": 'code,name,kind,cost,tracking,sizes,weight,teeth\nRIM,"Rim ""Ö"", 28 inch",component,12.50,,26|28,0.6,\n'
    "SPOKE,Speiche,component,0.1,,,,\nHUB,Moyeu avant,component,9,lot,,,36\n",
    "items/built.csv": "code,name,kind,cost,tracking,assembly_minutes,build_minutes,build_days,safety_stock\n"
    "WHEEL,Wheel,subassembly,30,serial,4,25,2,6\nE-BIKE,Bike,end item,0,serial,,,,\n",
    "bills.csv": "parent,component,quantity\nWHEEL,RIM,1\nWHEEL,SPOKE,32\nWHEEL,HUB,1\n",
    "suppliers.csv": "code,name,country,on_time,mean_delay_days\nNORD,Nord GmbH,DE,0.9,4\n",
    "supplier_items.csv": "supplier,item,price,lead_time_days,minimum_quantity,multiple\n"
    "NORD,RIM,12.5,14,10,5\nNORD,SPOKE,0.1,7,1000,500\nNORD,HUB,9,21,1,1\n",
    "customers.csv": "code,name,customer_class,country,email\nC1,Café Vélo,shop,FR,velo@example.com\n",
    "models/bike.toml": 'code = "BIKE"\nname = "Bike"\nend_item = "E-BIKE"\n',
}

Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Writes a good company folder, with some files changed or (None) left out."""

    def write(changes: dict[str, str | bytes | None] | None = None) -> Path:
        for name, content in {**FILES, **(changes or {})}.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            if content is not None:
                path.write_bytes(content.encode() if isinstance(content, str) else content)
        return tmp_path

    return write


def faults(folder: Path) -> list[tuple[str, str]]:
    return [(issue.source, issue.code) for issue in issues(folder)]


def issues(folder: Path) -> tuple[Issue, ...]:
    with pytest.raises(BadInput) as refusal:
        read_catalogue(folder)
    return refusal.value.issues


def test_a_line_of_a_bill_names_its_alternates_the_best_first(folder: Folder) -> None:
    found = read_catalogue(folder({"bills.csv": "parent,component,quantity,alternates\nWHEEL,RIM,1,SPOKE| HUB\nWHEEL,HUB,2,\n"}))
    assert found.bills == {"WHEEL": (BillLine("RIM", 1, ("SPOKE", "HUB")), BillLine("HUB", 2))}


def test_a_good_folder_becomes_a_catalogue(folder: Folder) -> None:
    found = read_catalogue(folder())
    assert found.items["RIM"] == Item(
        "RIM", 'Rim "Ö", 28 inch', Kind.COMPONENT, Decimal("12.50"), attributes={"sizes": ("26", "28"), "weight": 0.6}
    )
    assert found.items["HUB"].tracking is Tracking.LOT
    assert found.items["HUB"].attributes == {"teeth": 36}
    assert (found.items["WHEEL"].assembly_minutes, found.items["WHEEL"].build_minutes, found.items["WHEEL"].build_days) == (
        4,
        25,
        2,
    )
    assert found.items["E-BIKE"].build_days == 1
    assert (found.items["WHEEL"].safety_stock, found.items["E-BIKE"].safety_stock) == (6, 0)
    assert found.bills == {"WHEEL": (BillLine("RIM", 1), BillLine("SPOKE", 32), BillLine("HUB", 1))}
    assert found.suppliers == {"NORD": Supplier("NORD", "Nord GmbH", "DE", 0.9, 4.0)}
    assert found.supplier_items[0] == SupplierItem("NORD", "RIM", Decimal("12.5"), 14, 10, 5)
    assert found.customers == {"C1": Customer("C1", "Café Vélo", "shop", "FR", "velo@example.com")}
    assert found.models == {"BIKE": {"code": "BIKE", "name": "Bike", "end_item": "E-BIKE"}}
    assert (found.company.name, found.company.currency, found.company.start) == ("Räder & Söhne", "EUR", date(2026, 1, 5))
    assert found.company.lines == (AssemblyLine("L1", "Line 1", 480, ("BIKE",)),)
    assert found.company.minute_rate == Decimal("0.7")
    assert found.company.calendar.on_or_after(date(2026, 5, 1)) == date(2026, 5, 4)
    written = (TextDemand("name", 0.2, ("Ann", "Bo")),)
    assert found.demand == DemandProfile(
        (ModelDemand("BIKE", 1, 1.5, written),), (2, 1, 1, 1, 1, 0, 0), 0.1, 0.02, (10, 40), 0.3, (7, 35)
    )


PRICED = {
    "currencies.csv": "code,rounding\nCHF,0.05\n",
    "price_lists.csv": "code,name,currency,factor,customer_class\nSWISS,Switzerland,CHF,0.9,\n",
}
HEADED = "code,name,customer_class,country,email,currency,price_list,priority\n"


def test_a_customer_may_have_a_currency_a_price_list_and_a_priority(folder: Folder) -> None:
    rows = "C1,Velo,,CH,,CHF,SWISS,1\nC2,Rad,,DE,,EUR,,\nC3,Bike,,,,,,3\n"
    found = read_catalogue(folder(PRICED | {"customers.csv": HEADED + rows})).customers
    assert found["C1"] == Customer("C1", "Velo", country="CH", currency="CHF", price_list="SWISS", priority=1)
    assert found["C2"] == Customer("C2", "Rad", country="DE", currency="EUR")
    assert [customer.priority for customer in found.values()] == [1, 2, 3]


def test_terms_of_a_customer_that_nobody_knows_are_faults(folder: Folder) -> None:
    rows = "C1,Velo,,CH,,USD,DUTCH,0\nC2,Rad,,CH,,Fr.,,urgent\nC3,Bike,,,,,,10\n"
    assert faults(folder(PRICED | {"customers.csv": HEADED + rows})) == [
        ("customers.csv:2", "bad-number"),
        ("customers.csv:2", "unknown-currency"),
        ("customers.csv:2", "unknown-price-list"),
        ("customers.csv:3", "bad-currency"),
        ("customers.csv:3", "bad-number"),
        ("customers.csv:4", "bad-number"),
    ]


def test_a_file_from_a_spreadsheet_with_a_byte_order_mark_and_crlf_is_read(folder: Folder) -> None:
    content = b"\xef\xbb\xbf" + FILES["suppliers.csv"].replace("\n", "\r\n").encode()
    assert list(read_catalogue(folder({"suppliers.csv": content})).suppliers) == ["NORD"]


def test_a_forecast_follows_from_the_profile() -> None:
    profile = DemandProfile((ModelDemand("A", 3), ModelDemand("B", 1, 2.0)), large_order_share=0.5, large_order_units=(1, 3))
    weekly = profile.forecasts(80)
    assert weekly["A"] == pytest.approx((60 * 1.5, (0.5 * 1 + 0.5 * 14 / 3) / 1.5))
    assert weekly["B"] == pytest.approx((20 * 2.0, (0.5 * (1 + 4) + 0.5 * 14 / 3) / 2.0))  # 1 + Poisson(1): E[u²] = 1 + 2²


OTHERS = "parent,component,quantity,alternates\n"
ITEMS, BILLS, CUSTOMERS = "code,name,kind,cost\n", "parent,component,quantity\n", FILES["customers.csv"]
SUPPLIERS, OFFERS = "code,name,country,on_time,mean_delay_days\n", FILES["supplier_items.csv"]

BAD_FILES = [
    ("bills.csv", None, "", "missing-file"),
    ("company.toml", None, "", "missing-file"),
    ("customers.csv", "", ":1", "missing-column"),
    ("customers.csv", "code,name,customer_class,country,email\n", "", "no-customer"),
    ("customers.csv", CUSTOMERS.encode("utf-16"), ":1", "not-utf-8"),
    ("customers.csv", (CUSTOMERS + "C2,Müller,,DE,\n").encode("latin-1"), ":2", "not-utf-8"),
    ("customers.csv", CUSTOMERS + "C1,Other,,,\n", ":3", "duplicate-code"),
    ("items/more.csv", "code,name,kind\n", ":1", "missing-column"),
    ("items/more.csv", "code,name,kind,cost,my-size\nX,Hub,component,1,2\n", ":1", "bad-column"),
    ("items/more.csv", ITEMS + "X,Hub,part,1\n", ":2", "bad-word"),
    ("items/more.csv", "code,name,kind,cost,tracking\nX,Hub,component,1,batch\n", ":2", "bad-word"),
    ("items/more.csv", ITEMS + "X,Hub,subassembly,1\n", ":2", "bad-tracking"),
    ("items/more.csv", "code,name,kind,cost,tracking\nX,Hub,end item,1,lot\n", ":2", "bad-tracking"),
    ("items/more.csv", ITEMS + 'X,Hub,component,"1,5"\n', ":2", "bad-number"),
    ("items/more.csv", ITEMS + "X,Hub,component,-1\n", ":2", "bad-number"),
    ("items/more.csv", ITEMS + "X,Hub,component,NaN\n", ":2", "bad-number"),
    ("items/more.csv", ITEMS + "X,,component,1\n", ":2", "empty-cell"),
    ("items/more.csv", ITEMS + ",Hub,component,1\n", ":2", "empty-cell"),
    ("items/more.csv", ITEMS + "X 1,Hub,component,1\n", ":2", "bad-code"),
    ("items/more.csv", ITEMS + f"X,{'x' * 201},component,1\n", ":2", "too-long"),
    ("bills.csv", "parent,component,quantity,colour\nWHEEL,RIM,1,x\n", ":1", "unknown-column"),
    ("bills.csv", "parent,component,quantity,quantity\nWHEEL,RIM,1,1\n", ":1", "duplicate-column"),
    ("bills.csv", BILLS + "WHEEL,R\0M,1\n", ":2", "not-text"),
    ("bills.csv", BILLS + '"WHEEL,RIM,1\n', ":2", "bad-csv"),
    ("bills.csv", BILLS + "WHEEL,RIM,1,2\n", ":2", "too-many-cells"),
    ("bills.csv", BILLS + "WHEEL,RIM,0\n", ":2", "bad-number"),
    ("bills.csv", BILLS + "WHEEL,RIM,0.5\n", ":2", "bad-number"),
    ("bills.csv", BILLS + "WHEEL,RIM,1\nWHEEL,RYM,1\n", ":3", "unknown-item"),
    ("bills.csv", BILLS + "WHEEL,RIM,1\nWHEEL,RIM,1\n", ":3", "duplicate-line"),
    ("bills.csv", BILLS + "WHEEL,RIM,1\nRIM,HUB,1\n", ":3", "bad-parent"),
    ("bills.csv", BILLS + "WHEEL,E-BIKE,1\n", ":2", "bad-component"),
    ("bills.csv", OTHERS + "WHEEL,RIM,1,RYM\n", ":2", "unknown-item"),
    ("bills.csv", OTHERS + "WHEEL,RIM,1,HUB|E-BIKE\n", ":2", "bad-component"),
    ("bills.csv", OTHERS + "WHEEL,RIM,1,HUB|HUB\n", ":2", "duplicate-item"),
    ("bills.csv", OTHERS + "WHEEL,RIM,1,RIM\n", ":2", "duplicate-item"),
    ("bills.csv", OTHERS + "WHEEL,RIM,1,HUB|WHEEL\n", ":2", "bill-cycle"),
    ("bills.csv", BILLS + "WHEEL,RIM,1\nWHEEL,WHEEL,1\n", ":2", "bill-cycle"),
    ("bills.csv", BILLS, "", "no-bill"),
    ("suppliers.csv", SUPPLIERS + "NORD,N,DE,95,4\n", ":2", "bad-number"),
    ("suppliers.csv", SUPPLIERS + "NORD,N,DE,0.9,0.5\n", ":2", "bad-number"),
    ("suppliers.csv", SUPPLIERS + "NORD,N,Germany,1,0\n", ":2", "bad-country"),
    ("supplier_items.csv", OFFERS.replace("NORD,HUB,9,21,1,1\n", ""), "", "no-supplier"),
    ("supplier_items.csv", OFFERS + "SUED,HUB,1,1,1,1\n", ":5", "unknown-supplier"),
    ("supplier_items.csv", OFFERS + "NORD,HAB,1,1,1,1\n", ":5", "unknown-item"),
    ("supplier_items.csv", OFFERS + "NORD,HUB,1,1,1,1\n", ":5", "duplicate-code"),
    ("supplier_items.csv", OFFERS + "NORD,WHEEL,1,1,1,1\n", ":5", "not-bought"),
    ("supplier_items.csv", OFFERS.replace("14,10,5", "14,10,0"), ":2", "bad-number"),
    ("supplier_items.csv", OFFERS.replace("14,10,5", "3651,10,5"), ":2", "bad-number"),
    ("suppliers.csv", SUPPLIERS + "NORD,N,DE,0.9,3651\n", ":2", "bad-number"),
    ("items/more.csv", "code,name,kind,cost,tracking,build_days\nX,Hub,subassembly,1,lot,3651\n", ":2", "bad-number"),
    ("models/bike.toml", 'code = "BIKE"\nname = \n', ":2", "bad-toml"),
    ("models/bike.toml", 'end_item = "E-BIKE"\n', " code", "missing-field"),
    ("models/two.toml", 'code = "BIKE"\nend_item = "E-BIKE"\n', " code", "duplicate-code"),
    ("models/two.toml", 'code = "TWO"\nend_item = "E-BIKE"\n', " end_item", "duplicate-code"),
    ("models/two.toml", 'code = "TWO"\nend_item = "NO"\n', " end_item", "unknown-item"),
    ("models/two.toml", 'code = "TWO"\nend_item = "HUB"\n', " end_item", "not-sold"),
]

BAD_COMPANIES = [
    ('"EUR"', '"euro"', " currency", "bad-field"),
    ("2026-01-05", '"5 January"', " start", "bad-field"),
    ("start = 2026-01-05\n", "", " start", "missing-field"),
    ("2026-01-05", "2026-02-30", ":3", "bad-toml"),
    ("[2026-05-01]", '["May"]', " holidays", "bad-field"),
    ("shipping_days", "weekdays = [7]\nshipping_days", " weekdays", "bad-field"),
    ("shipping_days", "weekdays = []\nshipping_days", " weekdays", "bad-field"),
    ("shipping_days", "colour", " colour", "unknown-field"),
    ("480", "0", " lines[1].minutes_per_day", "bad-field"),
    ("= 480", "= 480\nweekday_minutes = [480, 480]", " lines[1].weekday_minutes", "bad-field"),
    ("= 480", "= 480\nweekday_minutes = [0, 0, 0, 0, 0, 0, 0]", " lines[1].weekday_minutes", "bad-field"),
    ("= 480", "= 480\nweekday_minutes = [1, 1, 1, 1, 1, 1, -1]", " lines[1].weekday_minutes", "bad-field"),
    ("= 480", "= 480\nexceptions = [{ day = 1, minutes = 0 }]", " lines[1].exceptions[1].day", "bad-field"),
    ("= 480", "= 480\nexceptions = [{ day = 2026-02-02 }]", " lines[1].exceptions[1].minutes", "missing-field"),
    (
        "= 480",
        "= 480\nexceptions = [{ day = 2026-02-02, minutes = 0 }, { day = 2026-02-02, minutes = 9 }]",
        " lines[1].exceptions[2].day",
        "duplicate",
    ),
    ("minutes_per_day = 480\n", "", " lines[1].minutes_per_day", "missing-field"),
    ('["BIKE"]', '["BIKE", "CAR"]', " lines[1].models", "unknown-model"),
    ('["BIKE"]', '["CAR"]', " lines", "no-line"),
    ('code = "BIKE"', 'code = "CAR"', " demand.models[1].code", "unknown-model"),
    ("share = 1\n", "share = 0\n", " demand.models", "no-demand"),
    ("trend = 0.1", 'trend = "up"', " demand.trend", "bad-field"),
    ("1, 1, 0, 0]", "1, 1, 0]", " demand.weekday_weights", "bad-field"),
    ("[2, 1, 1, 1, 1, 0, 0]", "[0, 0, 0, 0, 0, 0, 0]", " demand.weekday_weights", "bad-field"),
    ("[2, 1,", "[inf, 1,", " demand.weekday_weights", "bad-field"),
    ("[10, 40]", "[40, 10]", " demand.large_order_units", "bad-field"),
    ("[10, 40]", "[0, 40]", " demand.large_order_units", "bad-field"),
    ("[demand]", "[[demand]]", " demand", "bad-field"),
    ("0.2", "1.2", " demand.models[1].texts[1].share", "bad-field"),
    ('["Ann", "Bo"]', "[]", " demand.models[1].texts[1].texts", "bad-field"),
    ('feature = "name"', 'option = "name"', " demand.models[1].texts[1].option", "unknown-field"),
]


@pytest.mark.parametrize(("name", "content", "place", "code"), BAD_FILES)
def test_a_fault_is_told_with_its_file_and_line(
    folder: Folder, name: str, content: str | bytes | None, place: str, code: str
) -> None:
    assert (name + place, code) in faults(folder({name: content}))


@pytest.mark.parametrize(("good", "bad", "place", "code"), BAD_COMPANIES)
def test_a_fault_of_the_company_is_told_with_its_field(folder: Folder, good: str, bad: str, place: str, code: str) -> None:
    assert ("company.toml" + place, code) in faults(folder({"company.toml": COMPANY.replace(good, bad)}))


def test_faults_of_all_files_are_told_together(folder: Folder) -> None:
    found = faults(
        folder(
            {
                "items/parts.csv": FILES["items/parts.csv"].replace("12.50", "dear").replace("lot", "batch"),
                "bills.csv": FILES["bills.csv"].replace("32", "0"),
                "suppliers.csv": FILES["suppliers.csv"].replace("0.9", "1.9"),
                "customers.csv": None,
                "company.toml": COMPANY.replace("EUR", "€").replace("480", "-1"),
            }
        )
    )
    assert found == [
        ("items/parts.csv:2", "bad-number"),
        ("items/parts.csv:4", "bad-word"),
        ("bills.csv:3", "bad-number"),
        ("suppliers.csv:2", "bad-number"),
        ("company.toml currency", "bad-field"),
        ("company.toml lines[1].minutes_per_day", "bad-field"),
        ("customers.csv", "missing-file"),
    ]


@pytest.mark.parametrize("name", ["items/parts.csv", "suppliers.csv", "models/bike.toml"])
def test_a_file_that_cannot_be_read_is_told_once_and_not_wherever_it_is_referred_to(folder: Folder, name: str) -> None:
    assert faults(folder({name: b"\xff\n"})) == [(f"{name}:1", "not-utf-8")]


def test_every_cycle_of_the_bills_is_told(folder: Folder) -> None:
    more = "".join(f"{code},Sub,subassembly,1,lot,,,\n" for code in "ABCD")
    lines = "A,B,1\nB,A,1\nC,D,1\nD,C,1\n"
    found = issues(folder({"items/built.csv": FILES["items/built.csv"] + more, "bills.csv": FILES["bills.csv"] + lines}))
    assert [(issue.source, issue.message.split(". ")[0]) for issue in found] == [
        ("bills.csv:5", "The bill of material runs in a circle: A > B > A"),
        ("bills.csv:7", "The bill of material runs in a circle: C > D > C"),
    ]


def test_rows_without_code_are_told_but_not_as_duplicates(folder: Folder) -> None:
    bills = FILES["bills.csv"] + ",,1\n,,1\nA > B,B,1\n"
    offers = FILES["supplier_items.csv"] + ",,1,1,1,1\n,,1,1,1,1\n"
    found = faults(folder({"bills.csv": bills, "supplier_items.csv": offers}))
    assert {code for _, code in found} == {"empty-cell", "bad-code", "unknown-item"}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(FILES)),
    place=st.floats(0, 1),
    length=st.integers(0, 12),
    insert=st.one_of(
        st.binary(max_size=6), st.sampled_from([b",", b'"', b"\n", b"-1", b"0", b"1e999", b"[]", b"nan", b"\n,,,\n"])
    ),
)
def test_whatever_is_in_the_files_is_read_or_refused_with_a_place(
    folder: Folder, name: str, place: float, length: int, insert: bytes
) -> None:
    content = FILES[name].encode()
    start = int(place * len(content))
    path = folder({name: content[:start] + insert + content[start + length :]})
    try:
        read_catalogue(path)
        found: tuple[Issue, ...] = ()
    except BadInput as refusal:
        found = refusal.issues or (Issue("", "", ""),)
    assert all(issue.source and issue.code and issue.message for issue in found)


def test_a_line_keeps_its_number_after_a_cell_of_several_lines(folder: Folder) -> None:
    content = FILES["customers.csv"] + '\nC2,"Two\nlines",,FR,\n,Nobody,,,\n'
    assert faults(folder({"customers.csv": content})) == [("customers.csv:6", "empty-cell")]


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFolder, match="nowhere"):
        read_catalogue(tmp_path / "nowhere")


def test_a_folder_without_items_and_models_says_what_to_put_there(tmp_path: Path) -> None:
    found = faults(tmp_path)
    assert {("items/", "missing-file"), ("models/", "missing-file"), ("company.toml", "missing-file")} <= set(found)


def test_overtime_and_expedited_deliveries_are_read_where_they_are_given(folder: Folder) -> None:
    offers = "supplier,item,price,lead_time_days,minimum_quantity,multiple,expedited_days,expedite_cost\n"
    offers += "NORD,RIM,12.5,14,10,5,3,40\nNORD,SPOKE,0.1,7,1000,500,,\nNORD,HUB,9,21,1,1,0,12.50\n"
    company = COMPANY.replace("minutes_per_day = 480", "minutes_per_day = 480\novertime_minutes = 90\novertime_rate = 1.25")
    found = read_catalogue(folder({"supplier_items.csv": offers, "company.toml": company}))
    assert [(sold.expedited_days, sold.expedite_cost) for sold in found.supplier_items] == [
        (3, 40),
        (-1, 0),
        (0, Decimal("12.50")),
    ]
    (line,) = found.company.lines
    assert (line.overtime_minutes, line.overtime_rate) == (90, Decimal("1.25"))


def test_a_line_has_a_week_of_its_own_and_exceptions(folder: Folder) -> None:
    week = "weekday_minutes = [960, 960, 960, 960, 960, 240, 0]"
    exceptions = "exceptions = [{ day = 2026-12-24, minutes = 300 }, { day = 2026-12-31, minutes = 0 }]"
    company = COMPANY.replace("minutes_per_day = 480", f"{week}\n{exceptions}")
    (line,) = read_catalogue(folder({"company.toml": company})).company.lines
    assert (line.minutes_per_day, line.weekday_minutes) == (960, (960, 960, 960, 960, 960, 240, 0))
    assert line.exceptions == {date(2026, 12, 24): 300, date(2026, 12, 31): 0}


def test_an_expedited_delivery_is_not_slower(folder: Folder) -> None:
    offers = "supplier,item,price,lead_time_days,minimum_quantity,multiple,expedited_days\n"
    offers += "NORD,RIM,12.5,14,10,5,15\nNORD,SPOKE,0.1,7,1000,500,-2\nNORD,HUB,9,21,1,1,21\n"
    assert faults(folder({"supplier_items.csv": offers})) == [
        ("supplier_items.csv:2", "bad-number"),
        ("supplier_items.csv:3", "bad-number"),
    ]
