"""The back office: who may write what, imports that first show what they would change, records that only services write."""

import re
from collections.abc import Callable

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from atoll_web.accounts.models import User
from atoll_web.back_office import MasterData, MasterDataFiles, Records
from atoll_web.catalogue.models import AssemblyLine, BillLine, Item, LineException
from atoll_web.pricing.models import Currency, ExchangeRate, ListPrice, PriceList
from atoll_web.pricing.services import save_price_book
from atoll_web.purchasing.models import Supplier, SupplierItem
from atoll_web.sales.models import Customer, Protection
from tests.lamps import MONDAY
from tests.web.test_pricing import BOOK

MOST_QUERIES = 15
OURS = {model: office for model, office in admin.site._registry.items() if isinstance(office, Records)}
WITH_FILES = [model for model, office in OURS.items() if isinstance(office, MasterDataFiles)]
TO_READ = [model for model, office in OURS.items() if not isinstance(office, MasterData)]


def address(model: type, page: str = "") -> str:
    return f"/admin/{model._meta.app_label}/{model._meta.model_name}/{page}"


def upload(client: Client, model: type, text: str):
    """Send a CSV file to the preview."""
    file = SimpleUploadedFile("data.csv", text.encode(), content_type="text/csv")
    return client.post(address(model, "import/"), {"import_file": file, "format": "0", "resource": ""})


def confirm(client: Client, model: type, preview):
    """Take over what the preview showed."""
    form = preview.context["confirm_form"]
    return client.post(address(model, "process_import/"), form.initial)


@pytest.fixture
def office(company, signed_in) -> Callable[[str], Client]:
    """The back office as a role sees it, after something happened in the company."""
    company.order(2, arm="ARM-L")
    return signed_in


def test_everything_that_the_database_protects_is_registered_to_read():
    names = {model.__name__ for model in TO_READ}
    assert {
        "Move",
        "Balance",
        "Supply",
        "Allocation",
        "Promise",
        "StateChange",
        "Configuration",
        "OrderBillLine",
        "AsBuilt",
    } <= names
    assert {"Order", "OrderLine", "PurchaseOrder", "BuildOrder", "FinalAssemblyOrder", "Run", "ApiToken"} <= names


def test_every_list_opens_with_few_queries(office, django_assert_max_num_queries):
    client = office("admin")
    for model in OURS:
        with django_assert_max_num_queries(MOST_QUERIES, info=model.__name__):
            assert client.get(address(model)).status_code == 200


def test_records_can_be_looked_at_but_not_added_changed_or_deleted(office):
    client = office("admin")
    for model in TO_READ:
        assert client.get(address(model, "add/")).status_code == 403
        row = model.objects.order_by("pk").first()
        if row is not None:
            assert client.get(address(model, f"{row.pk}/change/")).status_code == 200
            assert client.post(address(model, f"{row.pk}/change/"), {}).status_code == 403
            assert client.post(address(model, f"{row.pk}/delete/"), {"post": "yes"}).status_code == 403
            assert model.objects.filter(pk=row.pk).exists()


PRICES = (Currency, ExchangeRate, PriceList, ListPrice)


@pytest.mark.parametrize(
    ("role", "may"),
    [
        ("planner", {Item, BillLine, LineException, Supplier, SupplierItem, Protection, *PRICES}),
        ("buyer", {Supplier, SupplierItem}),
        ("sales", {Customer}),
        ("warehouse", set()),
        ("manager", {Item, BillLine, LineException, Supplier, SupplierItem, Customer, Protection, *PRICES}),
    ],
)
def test_each_role_writes_its_own_master_data(office, role, may):
    client = office(role)
    opened = {model for model in WITH_FILES if client.get(address(model, "add/")).status_code == 200}
    imported = {model for model in WITH_FILES if client.get(address(model, "import/")).status_code == 200}
    assert opened == imported == may


@pytest.mark.parametrize("role", ["sales", "planner", "buyer"])
def test_only_managers_and_admins_change_users_and_the_company(office, role):
    client = office(role)
    user = User.objects.get(username=role)
    assert client.get(address(User, "add/")).status_code == 403
    client.post(address(User, f"{user.pk}/change/"), {"username": role, "is_superuser": "on"})
    user.refresh_from_db()
    assert not user.is_superuser
    assert client.get(f"/admin/accounts/user/{user.pk}/password/").status_code == 403


def test_an_admin_makes_a_user_and_gives_a_role(office):
    client = office("admin")
    assert client.get(address(User, "add/")).status_code == 200
    new = {"username": "ann", "usable_password": "true", "password1": "green-lagoon-7", "password2": "green-lagoon-7"}
    assert client.post(address(User, "add/"), new).status_code == 302
    ann = User.objects.get(username="ann")
    assert not ann.may("order")
    form = {"username": "ann", "groups": [Group.objects.get(name="sales").pk], "is_active": "on"}
    assert client.post(address(User, f"{ann.pk}/change/"), form).status_code == 302
    assert User.objects.get(username="ann").role_names == {"sales"}


def test_a_change_is_made_as_the_user_who_is_signed_in(office):
    customer = Customer.objects.get(code="ACME")
    form = {"code": "ACME", "name": "Acme & Sons", "customer_class": "trade", "country": "GB", "email": "", "priority": 1}
    response = office("sales").post(address(Customer, f"{customer.pk}/change/"), form)
    assert response.status_code == 302
    customer.refresh_from_db()
    assert customer.name == "Acme & Sons"
    event = customer.events.order_by("-pgh_id").first()
    assert event.name == "Acme & Sons"
    assert event.pgh_context.metadata["user"] == User.objects.get(username="sales").pk


def test_a_bill_that_would_contain_itself_is_refused_in_the_form(office):
    driver, foot = Item.objects.get(code="DRIVER"), Item.objects.get(code="FOOT")
    response = office("planner").post(address(BillLine, "add/"), {"parent": driver.pk, "component": foot.pk, "quantity": 1})
    assert response.status_code == 200
    assert "runs in a circle" in response.content.decode()
    assert not BillLine.objects.filter(parent=driver, component=foot).exists()


def test_alternates_of_a_component_are_entered_by_their_codes_in_forms_and_files(office):
    client, line = office("planner"), BillLine.objects.get(parent__code="DRIVER", component__code="TRAFO")
    keys = dict(Item.objects.values_list("code", "pk"))

    def entered(codes: str):
        form = {"parent": line.parent_id, "component": line.component_id, "quantity": 1, "alternates": codes}
        return client.post(address(BillLine, f"{line.pk}/change/"), form)

    assert entered("CLAMP| DIMMER").status_code == 302
    line.refresh_from_db()
    assert line.alternates == [keys["CLAMP"], keys["DIMMER"]]
    assert 'value="CLAMP|DIMMER"' in client.get(address(BillLine, f"{line.pk}/change/")).content.decode()
    for codes, reason in (
        ("LAMP|NO", "There is no item NO."),
        ("LAMP", "End items go into nothing. Take LAMP out."),
        ("FOOT", "runs in a circle"),
        ("TRAFO", "The alternates of TRAFO name an item twice, or itself."),
        ("CLAMP|CLAMP", "The alternates of TRAFO name an item twice, or itself."),
    ):
        preview = upload(client, BillLine, f"parent,component,quantity,alternates\nDRIVER,TRAFO,2,{codes}\n")
        for page in (entered(codes).content.decode(), preview.content.decode()):
            assert reason in page
            assert "(&#x27;" not in page
            assert "CONTEXT" not in page
    confirm(client, BillLine, upload(client, BillLine, "parent,component,quantity\nDRIVER,TRAFO,2\n"))
    line.refresh_from_db()
    assert (line.quantity, line.alternates) == (2, [keys["CLAMP"], keys["DIMMER"]])
    confirm(client, BillLine, upload(client, BillLine, "parent,component,quantity,alternates\nDRIVER,TRAFO,2,PLATE\n"))
    line.refresh_from_db()
    assert line.alternates == [keys["PLATE"]]


def test_a_component_does_not_become_an_end_item(office):
    item = Item.objects.get(code="TRAFO")
    item.kind = "end item"
    with pytest.raises(ValidationError, match="It goes into DRIVER, and end items go into nothing"):
        item.full_clean()  # as forms and files do


def test_an_end_item_is_refused_as_a_component_in_forms_and_files(office):
    """As the folder of a company refuses it."""
    client, driver, lamp = office("planner"), Item.objects.get(code="DRIVER"), Item.objects.get(code="LAMP")
    row = {"parent": driver.pk, "component": lamp.pk, "quantity": 1}
    form = client.post(address(BillLine, "add/"), row)
    assert form.context["adminform"].form.errors == {"component": ["End items go into nothing. Take LAMP out."]}
    inline = {f"bill-0-{name}": value for name, value in row.items()} | {"bill-TOTAL_FORMS": "1", "bill-INITIAL_FORMS": "0"}
    item = {name: getattr(driver, name) for name in ("code", "name", "kind", "unit", "cost", "tracking")}
    below = office("admin").post(address(Item, f"{driver.pk}/change/"), item | inline)
    (bill,) = below.context["inline_admin_formsets"]
    assert bill.formset.errors[0]["component"] == ["End items go into nothing. Take LAMP out."]
    preview = upload(client, BillLine, "parent,component,quantity\nDRIVER,PLATE,1\nDRIVER,LAMP,1\n")
    ((number, faults),) = [(one.number, one.error_dict) for one in preview.context["result"].invalid_rows]
    assert (number, faults) == (2, {"__all__": ["End items go into nothing. Take LAMP out."]})
    assert not BillLine.objects.filter(component=lamp).exists()


def test_what_only_the_database_refuses_is_told_on_the_page(office):
    head = Item.objects.get(code="HEAD-S")
    inline = {"bill-TOTAL_FORMS": "0", "bill-INITIAL_FORMS": "0"}
    form = {name: getattr(head, name) for name in ("code", "name", "kind", "unit", "cost")} | {"tracking": "none", "active": "on"}
    minutes = {"assembly_minutes": 5, "build_minutes": 0, "build_days": 1, "safety_stock": 0, "attributes": "{}"}
    response = office("planner").post(address(Item, f"{head.pk}/change/"), form | minutes | inline, follow=True)
    assert "Nothing was changed, since the database refused it" in response.content.decode()
    head.refresh_from_db()
    assert head.tracking == "serial"


def test_deleting_an_item_that_is_used_says_what_rests_on_it(office):
    head = Item.objects.get(code="HEAD-S")
    response = office("planner").post(address(Item, f"{head.pk}/delete/"), {"post": "yes"})
    assert response.context["protected"]
    assert Item.objects.filter(pk=head.pk).exists()


def test_a_preview_shows_only_what_would_change_and_writes_nothing(office):
    client = office("planner")
    preview = upload(client, Item, "code,name,cost\nHEAD-S,Small head,13\nHEAD-L,Large head,25\nARM-S,Light arm,8\n")
    assert preview.status_code == 200
    page = preview.content.decode()
    assert re.search(r"1</span><del[^>]*>2\.0000</del><ins[^>]*>3</ins>", page)
    assert "HEAD-L" not in page
    assert str(Item.objects.get(code="HEAD-S").cost) == "12.0000"


def test_a_confirmed_import_is_taken_over(office):
    client = office("planner")
    preview = upload(client, Item, "code,name,kind,cost\nHEAD-S,Small head,component,13.5\nSHADE,Paper shade,component,4\n")
    assert confirm(client, Item, preview).status_code == 302
    assert str(Item.objects.get(code="HEAD-S").cost) == "13.5000"
    assert Item.objects.get(code="SHADE").name == "Paper shade"


def test_all_faults_of_a_file_are_shown_with_their_rows_and_nothing_is_taken_over(office):
    client = office("planner")
    text = "code,name,kind,cost\nSHADE,Paper shade,component,4\nX1,One,gadget,4\nX2,Two,component,-1\n"
    preview = upload(client, Item, text)
    page = preview.content.decode()
    assert not preview.context.get("confirm_form")
    assert "gadget" in page
    assert {row.number for row in preview.context["result"].invalid_rows} == {2, 3}
    assert not Item.objects.filter(code__in=["SHADE", "X1", "X2"]).exists()


def test_bill_lines_and_supplier_items_are_known_by_the_codes_of_both_sides(office):
    client = office("manager")
    confirm(client, BillLine, upload(client, BillLine, "parent,component,quantity\nFOOT,PLATE,3\nFOOT,CLAMP,1\n"))
    assert dict(BillLine.objects.filter(parent__code="FOOT").values_list("component__code", "quantity")) == {
        "DRIVER": 1,
        "PLATE": 3,
        "CLAMP": 1,
    }
    text = "supplier,item,price,lead_time_days,minimum_quantity,multiple,preferred\nNORD,HEAD-S,11.5,4,5,5,1\n"
    confirm(client, SupplierItem, upload(client, SupplierItem, text))
    assert str(SupplierItem.objects.get(supplier__code="NORD", item__code="HEAD-S").price) == "11.5000"


def test_days_that_nobody_can_mean_are_refused_in_files_and_forms(office):
    client = office("manager")
    sold = "supplier,item,price,lead_time_days,minimum_quantity,multiple,preferred\nNORD,HEAD-S,11.5,3651,5,5,1\n"
    built = "code,name,kind,cost,tracking,build_days\nFOOT,Foot,subassembly,1,serial,99999\n"
    late = "code,name,country,on_time,mean_delay_days\nNORD,Nord,DE,0.5,1e300\n"
    for model, text in ((SupplierItem, sold), (Item, built), (Supplier, late)):
        preview = upload(client, model, text)
        assert "Enter 3650 days at most." in preview.content.decode()
        assert not preview.context.get("confirm_form")
    form = {"code": "NORD", "name": "Nord", "country": "DE", "on_time": 1, "mean_delay_days": 3651}
    page = client.post(address(Supplier, f"{Supplier.objects.get(code='NORD').pk}/change/"), form).content.decode()
    assert "Enter 3650 days at most." in page


def test_an_unknown_code_in_a_file_is_named_with_its_row(office):
    client = office("planner")
    preview = upload(client, BillLine, "parent,component,quantity\nFOOT,NOWHERE,1\n")
    assert preview.context["result"].has_errors() or preview.context["result"].has_validation_errors()
    assert not preview.context.get("confirm_form")


@pytest.mark.parametrize("model", WITH_FILES, ids=lambda model: model.__name__)
def test_what_is_exported_can_be_imported_again_without_a_change(company, office, model):
    save_price_book(company.actor("planner"), BOOK)
    Protection.objects.create(customer_class="trade", item=Item.objects.get(code="FOOT"), quantity=2)
    LineException.objects.create(line=AssemblyLine.objects.get(), day=MONDAY, minutes=0)
    client = office("manager")
    fields = {
        f"{type(OURS[model]).resource_classes[0].__name__.lower()}_{name}": "on"
        for name in OURS[model].resource_classes[0]().fields
    }
    exported = client.post(address(model, "export/"), {"format": "0", "resource": "", **fields})
    assert exported["Content-Type"] == "text/csv"
    text = exported.content.decode()
    assert len(text.splitlines()) == model.objects.count() + 1
    preview = upload(client, model, text)
    totals = preview.context["result"].totals
    assert (totals["skip"], totals["new"], totals["update"]) == (model.objects.count(), 0, 0)
