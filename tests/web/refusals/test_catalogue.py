"""Invariant 4, as far as rows can hold it: no bill has a cycle, what was released or configured never changes."""

from datetime import date

import psycopg
import pytest

from atoll_web.accounts.acting import acting
from atoll_web.catalogue import states
from atoll_web.catalogue.models import BillLine, Configuration, Item, OrderBillLine, ProductModel, Revision

APRIL = date(2026, 4, 1)


def bill_line(workshop, parent: str, component: str) -> str:
    keys = f"{workshop.items[parent].pk}, {workshop.items[component].pk}"
    return f"INSERT INTO catalogue_billline (parent_id, component_id, quantity) VALUES ({keys}, 1)"


def write_bill(workshop, **components: str) -> list[BillLine]:
    items = workshop.items
    lines = [BillLine(parent=items[parent], component=items[component], quantity=1) for parent, component in components.items()]
    return BillLine.objects.bulk_create(lines)


def test_an_item_does_not_contain_itself(workshop, refused):
    with refused("would contain itself"):
        write_bill(workshop, kit="kit")


@pytest.mark.parametrize("closing", [{"case": "kit"}, {"case": "pc"}])
def test_a_bill_has_no_cycle_over_any_number_of_levels(workshop, refused, closing):
    write_bill(workshop, pc="kit", kit="case")
    with refused("would contain itself"):
        write_bill(workshop, **closing)


def test_a_cycle_within_one_statement_is_refused(workshop, refused):
    with refused("would contain itself"):
        write_bill(workshop, pc="kit", kit="case", case="pc")


def test_a_cycle_by_update_is_refused_and_turning_a_line_around_is_not(workshop, refused):
    first, second = write_bill(workshop, pc="kit", kit="case")
    with refused("would contain itself"):
        BillLine.objects.filter(pk=second.pk).update(component=workshop.items["pc"])
    BillLine.objects.filter(pk=first.pk).update(parent=workshop.items["case"], component=workshop.items["memory"])
    BillLine.objects.filter(pk=second.pk).update(parent=workshop.items["case"], component=workshop.items["kit"])
    assert BillLine.objects.filter(parent__code="case").count() == 2


def test_of_two_writers_who_together_make_a_cycle_one_is_refused(open_workshop, rivals):
    into_kit, into_pc = bill_line(open_workshop, "kit", "pc"), bill_line(open_workshop, "pc", "kit")
    assert rivals.meet(into_kit, into_pc) == [psycopg.errors.CheckViolation]
    assert BillLine.objects.count() == 1


def release(workshop, name: str, valid_from: date, model: ProductModel | None = None) -> Revision:
    model = model or workshop.revision.product_model
    with acting(workshop.actor):
        revision = Revision.objects.create(product_model=model, name=name, document={}, digest=name, valid_from=valid_from)
        Revision.objects.filter(pk=revision.pk).update(state=states.RELEASED)
    return revision


def test_two_released_revisions_of_a_model_do_not_overlap(workshop, refused):
    with refused("one_released_revision_a_day"):
        release(workshop, "B", APRIL)
    Revision.objects.filter(name="A").update(valid_until=APRIL)
    release(workshop, "B", APRIL)


def test_revisions_of_different_models_overlap_freely(workshop):
    end_item = Item.objects.create(code="mini", name="Mini", kind="end item", tracking="serial")
    other = ProductModel.objects.create(code="mini", name="Mini", end_item=end_item)
    assert release(workshop, "A", APRIL, other).pk


def test_of_two_overlapping_releases_at_once_one_is_refused(open_workshop, rivals):
    Revision.objects.update(valid_until=APRIL)
    with acting(open_workshop.actor):
        one, other = (
            Revision.objects.create(
                product_model=open_workshop.revision.product_model, name=name, document={}, digest=name, valid_from=APRIL
            )
            for name in "BC"
        )
    release = "UPDATE catalogue_revision SET state = 'released' WHERE id = {}"
    assert rivals.meet(release.format(one.pk), release.format(other.pk)) == [psycopg.errors.ExclusionViolation]
    assert Revision.objects.filter(state=states.RELEASED).count() == 2


@pytest.mark.parametrize("change", [{"document": {}}, {"digest": "x"}, {"valid_from": APRIL}])
def test_a_released_revision_stays_as_it_is(workshop, refused, change):
    with refused("refuses to .*update"):
        Revision.objects.update(**change)


def test_an_obsolete_revision_stays_as_it_was(workshop, refused):
    with acting(workshop.actor):
        Revision.objects.update(state=states.OBSOLETE)
    with refused("refuses to .*update"):
        Revision.objects.update(document={})


def test_a_draft_may_still_change(workshop):
    with acting(workshop.actor):
        draft = Revision.objects.create(
            product_model=workshop.revision.product_model, name="B", document={}, digest="b", valid_from=APRIL
        )
    assert Revision.objects.filter(pk=draft.pk).update(document={"code": "tower"}) == 1


@pytest.mark.parametrize("model", [Configuration, OrderBillLine])
def test_a_configuration_and_its_order_bill_never_change(workshop, refused, model):
    OrderBillLine.objects.get()
    with refused("refuses to .*update"):
        model.objects.update(id=1_000_000)
    with refused("refuses to .*delete"):
        OrderBillLine.objects.all()._raw_delete("default")
    with refused("refuses to .*delete"):
        Configuration.objects.all()._raw_delete("default")


def test_an_order_bill_never_grows(workshop, refused):
    with refused("never changes once it is written"):
        OrderBillLine.objects.create(configuration=workshop.configuration, item=workshop.items["cpu"], quantity=1)


def test_equal_configurations_entered_at_once_are_one_row(open_workshop, rivals):
    columns = "revision_id, key, values, price, cost, minutes"
    insert = f"INSERT INTO catalogue_configuration ({columns}) VALUES ({open_workshop.revision.pk}, 'new', '{{}}', 1, 1, 1)"
    assert rivals.meet(insert) == [psycopg.errors.UniqueViolation]
    assert Configuration.objects.filter(key="new").count() == 1


def test_what_an_order_bill_names_is_there_and_stays(workshop, refused):
    with refused("configuration names a row of catalogue_configuration that is not there"):
        OrderBillLine.objects.create(configuration_id=987, item=workshop.items["cpu"], quantity=1)
    line = OrderBillLine.objects.get()
    with refused("still named in catalogue_orderbillline.item"):
        Item.objects.filter(pk=line.item_id)._raw_delete("default")
