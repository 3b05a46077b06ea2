"""Customers pay in their currency, by the exchange rate of the day and by their price list; costs count labour."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.admin.sites import site
from django.db import IntegrityError, transaction

from atoll.configure.errors import NoExchangeRate
from atoll.model.price_list import CurrencyRounding, ExchangeRate, ListPrice, PriceBook, PriceList
from atoll_web.accounts.models import Company
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item
from atoll_web.pricing import models, services
from atoll_web.pricing.errors import UnknownPriceList
from atoll_web.sales.services.drafting import Drafter, NewLine
from atoll_web.sales.snapshot import master
from tests.lamps import MONDAY

pytestmark = pytest.mark.django_db

TUESDAY = MONDAY + timedelta(days=1)

BOOK = PriceBook(
    currencies=(CurrencyRounding("CHF", Decimal("0.05")), CurrencyRounding("JPY", Decimal(1))),
    rates=(
        ExchangeRate("CHF", MONDAY - timedelta(days=400), Decimal("0.99")),
        ExchangeRate("CHF", MONDAY, Decimal("0.93")),
        ExchangeRate("CHF", TUESDAY, Decimal("0.95")),
        ExchangeRate("JPY", MONDAY, Decimal("161.237")),
    ),
    lists=(
        PriceList("TRADE", "Trade", "EUR", Decimal("0.8"), "trade"),
        PriceList("SWISS", "Switzerland", "CHF"),
    ),
    prices=(
        ListPrice("SWISS", "DL", Decimal("58"), MONDAY),
        ListPrice("SWISS", "DL", Decimal("1.80"), MONDAY, "cable"),
        ListPrice("SWISS", "DL", Decimal("9"), MONDAY, "arm", "ARM-L", TUESDAY),
    ),
)


@pytest.fixture
def priced(company):
    """The lamps with a price book."""
    services.save_price_book(company.actor("planner"), BOOK)
    return company


def price_of(terms, quantity=1, day=MONDAY, **choices):
    revision = catalogue.orderable_revision("DL", day)
    return services.resolve(revision=revision, choices=choices, today=day, quantity=quantity, terms=terms)


def test_without_list_and_currency_the_price_is_the_models(priced):
    found = price_of(services.terms(on=MONDAY))
    assert (found.unit_price, found.currency) == (64, "EUR")
    assert found.unit_price == found.resolved.price


def test_a_currency_counts_at_the_rate_of_the_day_and_is_rounded_as_it_says(priced):
    on_monday = price_of(services.terms(on=MONDAY, currency="CHF"))
    assert dict(on_monday.parts) == {"Desk lamp": Decimal("55.80"), "Cable 2": Decimal("3.70")}  # 1.86 a metre becomes 1.85
    assert on_monday.unit_price == Decimal("59.50")
    assert price_of(services.terms(on=TUESDAY, currency="CHF"), day=TUESDAY).unit_price == Decimal("60.80")
    assert price_of(services.terms(on=MONDAY, currency="JPY")).unit_price == 9674 + 2 * 322


def test_a_customer_class_has_its_list_and_the_factor_counts_on_everything(priced):
    found = price_of(services.terms(on=MONDAY, customer_class="trade"))
    assert found.unit_price == Decimal("51.20")
    assert price_of(services.terms(on=MONDAY, customer_class="retail")).unit_price == 64


def test_a_customers_own_list_goes_before_that_of_the_class_and_names_the_currency(priced):
    terms = services.terms(on=MONDAY, price_list="SWISS", customer_class="trade", currency="JPY")
    found = price_of(terms, arm="ARM-L", dimmer="DIMMER")
    assert found.currency == "CHF"
    assert dict(found.parts) == {
        "Desk lamp": 58,
        "Arm Strong arm": 9,
        "Dimmer Dimmer": Decimal("11.15"),  # 12 EUR at 0.93 is 11.16
        "Cable 2": Decimal("3.60"),
    }


def test_a_list_price_ends_on_its_day(priced):
    arms = [
        dict(price_of(services.terms(on=day, price_list="SWISS"), day=day, arm="ARM-L").parts)["Arm Strong arm"]
        for day in (MONDAY, TUESDAY)
    ]
    assert arms == [9, Decimal("14.25")]


def test_the_quantity_still_counts(priced):
    document = catalogue.orderable_revision("DL", MONDAY).document
    volume = {"revision": "B", "volume_prices": [{"from_quantity": 5, "discount_percent": 10}]}
    admin = priced.actor("admin")
    catalogue.release_revision(
        actor=admin, revision=catalogue.draft_revision(actor=admin, document=document | volume, valid_from=MONDAY)
    )
    assert price_of(services.terms(on=MONDAY, customer_class="trade"), quantity=5).unit_price == Decimal("46.08")


def test_a_currency_that_nobody_knows_the_worth_of_is_refused(priced):
    with pytest.raises(NoExchangeRate, match="Nobody says what GBP is worth in EUR, in which Desk lamp is priced"):
        price_of(services.terms(on=MONDAY, currency="GBP"))


def test_an_unknown_list_is_answered_with_those_there_are(priced):
    with pytest.raises(UnknownPriceList, match="Known are SWISS, TRADE"):
        services.terms(on=MONDAY, price_list="SWITZERLAND")


def test_the_price_book_is_entered_twice_without_doubling(priced):
    services.save_price_book(priced.actor("planner"), BOOK)
    assert models.ExchangeRate.objects.count() == 4
    assert models.ListPrice.objects.count() == 3


def test_terms_take_few_queries_and_lines_none_of_their_own(priced, django_assert_max_num_queries):
    with django_assert_max_num_queries(5):
        terms = services.terms(on=MONDAY, price_list="SWISS")
    revision = catalogue.orderable_revision("DL", MONDAY)
    with django_assert_max_num_queries(3):
        services.resolve(revision=revision, choices={}, today=MONDAY, terms=terms)
    with django_assert_max_num_queries(1):  # whether items and bills are as they were
        services.resolve(revision=revision, choices={"arm": "ARM-L"}, today=MONDAY, terms=terms)


@pytest.mark.parametrize(
    ("model", "fields"),
    [
        (models.Currency, {"code": "EURO", "rounding": 1}),
        (models.Currency, {"code": "USD", "rounding": 0}),
        (models.PriceList, {"code": "X", "name": "X", "currency": "EUR", "factor": 0}),
        (models.PriceList, {"code": "X", "name": "X", "currency": "EUR", "customer_class": "trade"}),
        (models.PriceList, {"code": "X", "name": "X", "currency": "e"}),
    ],
)
def test_the_database_refuses_prices_that_nobody_can_mean(priced, model, fields):
    from django.db import DataError

    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        model.objects.create(**fields)


def test_costs_are_rolled_up_with_labour_and_the_margin_is_what_is_left(company):
    before = price_of(services.terms(on=MONDAY))
    # head 12, arm 8, two metres of cable; the foot: two plates, and the driver of transformer and board
    assert before.resolved.cost == 12 + 8 + 2 + (2 * 4 + 9 + 7)
    Company.objects.update(minute_rate=Decimal("0.5"))
    after = price_of(services.terms(on=MONDAY))
    minutes = after.resolved.minutes + 15 + 10  # final assembly, foot and driver
    assert after.resolved.cost == before.resolved.cost + minutes * Decimal("0.5")
    assert after.margin.amount == after.unit_price - after.resolved.cost


def test_the_margin_is_in_the_currency_of_the_price(priced):
    found = price_of(services.terms(on=MONDAY, currency="CHF"))
    assert found.margin.amount == found.unit_price - found.resolved.cost * Decimal("0.93")


def test_a_line_on_the_terms_of_a_list_is_resolved_by_the_items_that_were_read_with_the_rest(priced):
    there, line = master(MONDAY), NewLine("DL", {})
    before = Drafter(there, MONDAY).draft(line)
    Item.objects.filter(code="ARM-S").update(cost=80)
    assert Drafter(there, MONDAY).draft(line).margin == before.margin  # of one moment, or its items may be unknown to the rest
    assert Drafter(master(MONDAY), MONDAY).draft(line).margin.amount == before.margin.amount - 72


def test_files_of_the_back_office_have_the_columns_of_a_company_folder(priced):
    from atoll.io import prices as columns

    expected = {
        models.Currency: columns.CURRENCIES,
        models.ExchangeRate: columns.RATES,
        models.PriceList: columns.LISTS,
        models.ListPrice: columns.PRICES,
    }
    for model, names in expected.items():
        resource = site._registry[model].resource_classes[0]()
        assert sorted(resource.export().headers) == sorted(names)
        assert len(resource.export()) == model.objects.count()


def test_planners_keep_prices_in_the_back_office_and_others_read_them(priced, signed_in):
    for role, status in (("planner", 200), ("sales", 403)):
        client = signed_in(role)
        assert client.get("/admin/pricing/pricelist/add/").status_code == status
        assert "SWISS" in client.get("/admin/pricing/pricelist/").content.decode()
