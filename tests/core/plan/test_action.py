"""Action messages say what to do about each supply, and following them leaves nothing to say."""

from dataclasses import replace

import numpy as np
from hypothesis import given

from atoll.plan import Action, ActionMessage, NettingProblem, action_messages, plan_material, plan_with_rescheduling

from .test_netting import cells, problem, problems


def test_a_late_receipt_is_expedited_and_an_early_one_deferred() -> None:
    messages = action_messages(problem([[0, 8, 0, 0, 0, 9]], receipts=[[0, 0, 8, 9, 0, 0]]))
    assert messages == (
        ActionMessage(Action.EXPEDITE, 0, 8, due=2, needed=1),
        ActionMessage(Action.DEFER, 0, 9, due=3, needed=5),
    )


def test_what_nobody_needs_within_the_horizon_is_cancelled() -> None:
    assert action_messages(problem([[0, 1, 0]], receipts=[[0, 0, 5]], on_hand=[3])) == (
        ActionMessage(Action.CANCEL, 0, 5, due=2, needed=3),
    )


def test_planned_orders_are_released_when_their_time_has_come_and_too_late_ones_say_how_late() -> None:
    messages = action_messages(problem([[0, 3, 4, 5]], lead_time=[2]))
    assert messages == (
        ActionMessage(Action.RELEASE, 0, 3, due=2, needed=1),
        ActionMessage(Action.RELEASE, 0, 4, due=2, needed=2),
    )


def test_a_receipt_in_its_place_is_left_alone() -> None:
    assert action_messages(problem([[0, 3]], receipts=[[0, 3]])) == ()


def test_the_published_shortages_of_frepple_are_expedited_or_planned() -> None:
    """frePPLe's test constraints_material_1, third solve (commit f7cce22, MIT), days of January 2009.

    Nothing can be ordered there: it ends 5, 5, 3 and 6 units short, from the 12th, 11th, 11th and 22nd. Item 3 is 5 short until
    2 arrive on the 20th, item 4 is 8 short from the 10th until 10 arrive on the 20th.
    """
    demands = [{10: 10, 11: 10, 12: 10}, {5: 10, 10: 10, 11: 10}, {5: 10, 10: 10, 11: 10}, {5: 10, 10: 8, 22: 8}]
    supplies = [{1: 25}, {1: 25}, {1: 25, 20: 2}, {1: 10, 20: 10}]

    def by_day(rows: list[dict[int, int]]) -> list[list[int]]:
        return [[each.get(day, 0) for day in range(23)] for each in rows]

    january = problem(by_day(demands), receipts=by_day(supplies))
    assert cells(plan_with_rescheduling(january).planned_receipts) == {(0, 12): 5, (1, 11): 5, (2, 11): 3, (3, 22): 6}
    late = [message for message in action_messages(january) if message.action is Action.EXPEDITE]
    assert late == [
        ActionMessage(Action.EXPEDITE, 2, 2, due=20, needed=11),
        ActionMessage(Action.EXPEDITE, 3, 10, due=20, needed=10),
    ]


@given(problems())
def test_who_follows_the_messages_gets_the_plan_and_no_more_messages_about_receipts(p: NettingProblem) -> None:
    receipts = p.receipts.copy()
    for message in action_messages(p):
        if message.action is not Action.RELEASE:
            receipts[message.item, message.due] -= message.quantity
            if message.action is not Action.CANCEL:
                receipts[message.item, message.needed] += message.quantity
    followed = replace(p, receipts=receipts)
    assert (plan_material(followed).planned_receipts == plan_with_rescheduling(p).planned_receipts).all()
    assert all(message.action is Action.RELEASE for message in action_messages(followed))


@given(problems())
def test_what_is_released_is_what_starts_now_or_is_past_due(p: NettingProblem) -> None:
    plan = plan_with_rescheduling(p)
    released = np.zeros(len(p.on_hand), dtype=np.int64)
    for message in action_messages(p):
        if message.action is Action.RELEASE:
            released[message.item] += message.quantity
    assert (released == plan.past_due + plan.planned_releases[:, 0]).all()
