"""What cannot be done is refused in words that say what, where and how to go on; nothing is half written."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from atoll.errors import AtollError, BadInput
from atoll.model.bill import BillLine
from atoll_web.accounts.acting import acting
from atoll_web.accounts.models import Company
from atoll_web.catalogue import services as catalogue
from atoll_web.catalogue.models import Item, LineDay, ProductModel
from atoll_web.purchasing import services as purchasing
from atoll_web.purchasing.models import PurchaseOrderLine, SupplierItem
from atoll_web.sales import services as sales
from atoll_web.sales.errors import QuoteExpired, WrongOrderState
from atoll_web.sales.models import Customer, OrderLine
from atoll_web.sales.services import NewLine
from atoll_web.stock.models import Supply
from tests.lamps import MONDAY, Lamps

OURS = ("accounts", "assembly", "catalogue", "planning", "purchasing", "runs", "sales", "stock")


def counts() -> Mapping[str, int]:
    """Rows of every table of ours."""
    return {
        model._meta.db_table: model._default_manager.count()
        for label in OURS
        for model in apps.get_app_config(label).get_models()
    }


@pytest.fixture
def refused(company: Lamps) -> Callable[..., str]:
    """Call something, see it refused and nothing written; the words."""

    def refuse(call: Callable[[], object]) -> str:
        before = counts()
        with pytest.raises(AtollError) as caught:
            call()
        assert counts() == before
        return f"{caught.value} {caught.value.hint}".strip()

    return refuse


def order(company: Lamps, *lines: NewLine, customer: str = "MUELLER") -> Callable[[], object]:
    return lambda: sales.enter_order(actor=company.actor("sales"), customer=customer, lines=lines)


def lamp(quantity: int = 1, days: int | None = None, model: str = "DL", **choices: Any) -> NewLine:
    return NewLine(model, choices, quantity, None if days is None else MONDAY + timedelta(days=days))


def test_an_unknown_option_is_named_with_the_nearest_one(company: Lamps, refused: Callable[..., str]) -> None:
    words = refused(order(company, lamp(head="HEAD-M")))
    assert "HEAD-M" in words
    assert "HEAD-S" in words


def test_an_unknown_feature_is_named(company: Lamps, refused: Callable[..., str]) -> None:
    assert "colour" in refused(order(company, lamp(colour="red")))


def test_a_broken_rule_is_told_in_words_with_the_choices(company: Lamps, refused: Callable[..., str]) -> None:
    words = refused(order(company, lamp(head="HEAD-L", arm="ARM-S")))
    assert "The arm must carry the head" in words
    assert "Large head" in words


@pytest.mark.parametrize("quantity", [0, -3, 10**9])
def test_a_quantity_that_nobody_can_mean_is_refused(company: Lamps, refused: Callable[..., str], quantity: int) -> None:
    assert "from 1 to" in refused(order(company, lamp(quantity)))


def test_a_request_date_in_the_past_is_refused(company: Lamps, refused: Callable[..., str]) -> None:
    assert "before the business date 2026-03-02" in refused(order(company, lamp(days=-1)))


def test_a_request_date_beyond_the_calendar_is_refused(company: Lamps, refused: Callable[..., str]) -> None:
    assert "the last day for which capacity is planned" in refused(order(company, lamp(days=999)))


def test_an_obsolete_model_is_refused_with_its_day(company: Lamps, refused: Callable[..., str]) -> None:
    catalogue.end_model(actor=company.actor("planner"), product_model=ProductModel.objects.get(code="DL"), on=MONDAY)
    assert "obsolete since 2026-03-02" in refused(order(company, lamp()))


def test_an_unknown_model_is_answered_with_those_there_are(company: Lamps, refused: Callable[..., str]) -> None:
    assert "Known are DL" in refused(order(company, lamp(model="XL")))


def test_an_unknown_customer_is_named(company: Lamps, refused: Callable[..., str]) -> None:
    assert "NOBODY" in refused(order(company, lamp(), customer="NOBODY"))


def test_all_faulty_lines_are_told_at_once_and_the_good_one_is_not_written(company: Lamps, refused: Callable[..., str]) -> None:
    call = order(company, lamp(), lamp(0), lamp(head="HEAD-M"))
    refused(call)
    with pytest.raises(BadInput) as caught:
        call()
    assert [issue.source for issue in caught.value.issues] == ["lines.1.quantity", "lines.2.choices"]


@pytest.mark.parametrize("day", [date(1, 1, 1), date(2026, 3, 1), date(9999, 12, 31)])
def test_no_day_that_nobody_can_mean_is_asked_for(company: Lamps, refused: Callable[..., str], day: date) -> None:
    words = refused(order(company, NewLine("DL", {}, 1, day)))
    assert str(day) in words
    assert "Ask for" in words


def test_nothing_is_ordered_or_quoted_for_a_customer_on_hold(company: Lamps, refused: Callable[..., str]) -> None:
    Customer.objects.filter(code="MUELLER").update(on_hold=True)
    assert "MUELLER is on hold" in refused(order(company, lamp()))
    seller = company.actor("sales")
    assert "on hold" in refused(lambda: sales.quote(actor=seller, customer="MUELLER", lines=[lamp()], days=5))


def test_a_quote_is_not_accepted_after_its_last_day(company: Lamps) -> None:
    quote = sales.quote(actor=company.actor("sales"), customer="MUELLER", lines=[lamp()], days=2)
    late = company.actor("sales", MONDAY + timedelta(days=2))
    with pytest.raises(QuoteExpired, match="expired on 04 Mar 2026"):
        sales.accept_quote(actor=late, order=quote)
    sales.expire_quotes(actor=late)
    with pytest.raises(QuoteExpired, match=r"expired on 04 Mar 2026\. Make a new quote"):
        sales.accept_quote(actor=late, order=quote)
    with pytest.raises(WrongOrderState, match="confirmed; this is only possible while it is quoted"):
        sales.accept_quote(actor=late, order=company.order())


@pytest.mark.parametrize("days", [0, -1, 91, 10**6])
def test_a_quote_holds_for_some_days_and_not_for_ever(company: Lamps, refused: Callable[..., str], days: int) -> None:
    call = lambda: sales.quote(actor=company.actor("sales"), customer="MUELLER", lines=[lamp()], days=days)  # noqa: E731
    assert "1 to 90 days" in refused(call)


def test_a_calendar_without_working_days_is_refused_and_ends(company: Lamps, refused: Callable[..., str]) -> None:
    with pytest.raises(IntegrityError, match="some_weekday"), transaction.atomic():
        Company.objects.update(weekdays=[])
    mondays = [MONDAY + timedelta(weeks=n) for n in range(600)]
    Company.objects.update(weekdays=[0], holidays=mondays)
    assert "no working day" in refused(order(company, lamp()))
    assert "no working day" in refused(lambda: sales.inquire(line=lamp(), today=MONDAY))


def test_lines_without_any_capacity_are_refused(company: Lamps, refused: Callable[..., str]) -> None:
    LineDay.objects.all().delete()
    assert "the assembly lines have no free time" in refused(order(company, lamp()))


def test_a_refusal_names_the_item_whose_lead_time_the_calendar_does_not_reach(
    company: Lamps, refused: Callable[..., str]
) -> None:
    SupplierItem.objects.filter(item__code="DIMMER").update(lead_time_days=90)
    words = refused(order(company, lamp(6, dimmer="DIMMER")))
    assert "DIMMER is short and with a lead time of 90 days cannot come early enough to ship by 1 May 2026" in words
    assert "`atoll calendar --horizon DAYS`" in words
    catalogue.set_horizon(actor=company.actor("planner"), days=120)
    assert sales.inquire(line=lamp(6, dimmer="DIMMER"), today=MONDAY).ship_date > MONDAY + timedelta(days=90)


def test_a_refusal_tells_a_calendar_without_a_working_day_and_blames_no_item(company: Lamps, refused: Callable[..., str]) -> None:
    days = [MONDAY + timedelta(days=n) for n in range(200)]
    catalogue.set_company(actor=company.actor("manager"), holidays=days)
    words = refused(order(company, lamp()))
    assert "nobody works from tomorrow to 1 May 2026" in words
    assert "LAMP" not in words


def test_a_refusal_tells_where_the_calendar_ends(company: Lamps, refused: Callable[..., str]) -> None:
    catalogue.set_company(actor=company.actor("manager"), shipping_days=50)
    assert "it could only ship after 1 May 2026, where the calendar ends" in refused(order(company, lamp()))
    catalogue.set_company(actor=company.actor("manager"), shipping_days=1)
    LineDay.objects.update(capacity=0)
    assert "no free time for it up to 1 May 2026, where the calendar ends" in refused(order(company, lamp()))


def test_a_supplier_without_a_lead_time_supplies_nothing_in_time(company: Lamps, refused: Callable[..., str]) -> None:
    """The database takes no row without a lead time; one that nobody prefers is not bought from either."""
    with pytest.raises(IntegrityError), transaction.atomic():
        SupplierItem.objects.filter(item__code="DIMMER").update(lead_time_days=None)
    SupplierItem.objects.filter(item__code="DIMMER").update(preferred=False)
    assert "DIMMER is short and has no preferred supplier" in refused(order(company, lamp(6, dimmer="DIMMER")))


def test_who_has_no_supplier_is_told_from_what_is_obsolete_with_a_remedy_for_each(
    company: Lamps, refused: Callable[..., str]
) -> None:
    head = Item.objects.filter(code="HEAD-L")
    head.update(active=False)
    words = refused(order(company, lamp(2, head="HEAD-L", arm="ARM-L")))
    assert "HEAD-L is short and is obsolete; name its successor under Master data, or choose another option" in words
    head.update(replaced_by=Item.objects.get(code="HEAD-S"))
    SupplierItem.objects.filter(item__code="HEAD-S").delete()
    words = refused(order(company, lamp(30, head="HEAD-L", arm="ARM-L")))
    assert "HEAD-L is short and is obsolete, and HEAD-S in its place as well; enter a preferred supplier of it" in words
    head.update(active=True, replaced_by=None)
    SupplierItem.objects.filter(item__code="HEAD-L").delete()
    words = refused(order(company, lamp(2, head="HEAD-L", arm="ARM-L")))
    assert "HEAD-L is short and has no preferred supplier; enter one, or mark one as preferred, under Master data" in words


def test_more_than_can_ever_be_supplied_is_refused_with_the_item(company: Lamps, refused: Callable[..., str]) -> None:
    Item.objects.get(code="DIMMER").suppliers.all().delete()
    assert "DIMMER is short and has no preferred supplier" in refused(order(company, lamp(6, dimmer="DIMMER")))


def test_an_item_without_supplier_cannot_be_bought(company: Lamps, refused: Callable[..., str]) -> None:
    item = Item.objects.get(code="FOOT")
    words = refused(lambda: purchasing.order(actor=company.actor("buyer"), wanted=[purchasing.Wanted(item, 1)]))
    assert words == "Nobody sells FOOT. Enter a supplier with price and lead time for it."


def bought(company: Lamps, code: str = "HEAD-L") -> PurchaseOrderLine:
    wanted = [purchasing.Wanted(Item.objects.get(code=code), 5)]
    (made,) = purchasing.order(actor=company.actor("buyer"), wanted=wanted)
    return made.lines.get()


@pytest.mark.parametrize("day", [date(2036, 3, 1), date(9026, 3, 1), date(9999, 12, 31)])
def test_no_delivery_slips_to_a_day_that_nobody_can_mean(company: Lamps, refused: Callable[..., str], day: date) -> None:
    line = bought(company)
    words = refused(lambda: purchasing.slip(actor=company.actor("buyer"), line=line, due=day))
    assert words == f"{day} is more than ten years after the business date 2026-03-02. Name a day up to 2036-02-28."
    purchasing.slip(actor=company.actor("buyer"), line=line, due=date(2036, 2, 28))


@pytest.mark.parametrize("day", [date(2036, 3, 1), date(4763, 12, 31), date(9026, 3, 1), date(9999, 12, 31)])
def test_no_day_that_is_there_keeps_others_from_being_promised(company: Lamps, day: date) -> None:
    line = bought(company)
    with acting(company.actor("buyer")):
        Supply.objects.filter(pk=line.supply_id).update(due=day, margin_days=30_000)
        SupplierItem.objects.filter(item__code="DIMMER").update(lead_time_days=2_000_000_000)
    assert sales.inquire(line=lamp(2, head="HEAD-L", arm="ARM-L"), today=MONDAY).ship_date == date(2026, 3, 18)
    order(company, lamp(2, head="HEAD-L", arm="ARM-L"), lamp(dimmer="DIMMER"))()
    sales.repromise(actor=company.actor("planner"), lines=list(OrderLine.objects.all()))


def test_nothing_is_ordered_by_a_lead_time_that_nobody_can_mean(company: Lamps, refused: Callable[..., str]) -> None:
    SupplierItem.objects.filter(item__code="DIMMER").update(lead_time_days=3651)
    assert "NORD is said to need 3651 days for DIMMER. Correct it" in refused(lambda: bought(company, "DIMMER"))


def test_a_bill_with_a_cycle_is_refused_by_the_database_and_changes_nothing(company: Lamps) -> None:
    before = counts()
    with pytest.raises((AtollError, IntegrityError), match=r"contain|circle"):
        catalogue.save_bills(company.actor("planner"), {"DRIVER": (BillLine("FOOT", 1),)})
    assert counts() == before


def test_a_draft_with_faults_is_refused_with_all_of_them(company: Lamps, refused: Callable[..., str]) -> None:
    document = {"code": "DL", "name": "", "end_item": "NO-SUCH", "revision": "B", "features": [{"code": "x", "kind": "several"}]}
    call = lambda: catalogue.draft_revision(actor=company.actor("planner"), document=document, valid_from=MONDAY)  # noqa: E731
    refused(call)
    with pytest.raises(BadInput) as caught:
        call()
    assert len(caught.value.issues) >= 3
