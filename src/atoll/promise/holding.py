"""What order lines hold already: hidden from those before them, lent to them when it is their turn, on their own terms."""

from atoll.native import in_place
from atoll.promise.pegging import give_back
from atoll.promise.tables import NOBODY, NOTHING, State, visible


@in_place
def take_up(s: State, k: int) -> None:
    """Lend a line what it holds, as far as nobody has taken it."""
    s.now[0].first_day = s.now[0].earliest_day
    for h in range(s.order[k].holds, s.order[k + 1].holds):
        hold = s.hold[h]
        hold.lent = min(hold.quantity, s.supply[hold.supply].held)
        s.supply[hold.supply].held -= hold.lent
        s.supply[hold.own].free += hold.lent
    for at in range(s.order[k].reserves, s.order[k + 1].reserves):
        reserve = s.reserve[at]
        row = s.line_day[reserve.row]
        reserve.lent = min(reserve.minutes, row.held)
        row.held -= reserve.lent
        row.room += reserve.lent
        if reserve.lent > 0:
            s.now[0].first_day = min(s.now[0].first_day, row.day)


@in_place
def put_down(s: State, k: int) -> None:
    """Undo `take_up`, when the line has taken nothing."""
    for h in range(s.order[k].holds, s.order[k + 1].holds):
        hold = s.hold[h]
        s.supply[hold.own].free -= hold.lent
        s.supply[hold.supply].held += hold.lent
    for at in range(s.order[k].reserves, s.order[k + 1].reserves):
        reserve = s.reserve[at]
        s.line_day[reserve.row].room -= reserve.lent
        s.line_day[reserve.row].held += reserve.lent


@in_place
def settle(s: State, k: int) -> None:
    """What a line leaves of what it held is free for all, on their terms; time before the first day of work is not."""
    for h in range(s.order[k].holds, s.order[k + 1].holds):
        hold = s.hold[h]
        if hold.own != hold.supply:
            s.supply[hold.supply].free += s.supply[hold.own].free
            s.supply[hold.own].free = 0
    for at in range(s.order[k].reserves, s.order[k + 1].reserves):
        row = s.line_day[s.reserve[at].row]
        if row.day < s.now[0].earliest_day:
            row.room = 0


@in_place
def reveal(s: State, k: int) -> None:
    """Let a line see what those after it hold, as far as that is not kept for others."""
    s.now[0].is_revealed = 1
    for at in range(s.now[0].reached):
        item = s.item[at].reached
        for place in range(s.item[item].supplies, s.item[item + 1].supplies):
            s.supply[place].free += visible(s, place)
    for at in range(s.order[k].lines, s.order[k + 1].lines):
        line = s.order_line[at]
        for place in range(s.line[line], s.line[line + 1]):
            if s.line_day[place].day >= s.now[0].earliest_day:
                s.line_day[place].room += s.line_day[place].held


@in_place
def conceal(s: State, k: int) -> None:
    """Undo `reveal`, except for what the line has taken of it."""
    s.now[0].is_revealed = 0
    for at in range(s.now[0].reached):
        item = s.item[at].reached
        for place in range(s.item[item].supplies, s.item[item + 1].supplies):
            supply, seen = s.supply[place], visible(s, place)
            left = min(seen, supply.free)
            supply.held -= seen - left
            supply.free -= left
    for at in range(s.order[k].lines, s.order[k + 1].lines):
        line = s.order_line[at]
        for place in range(s.line[line], s.line[line + 1]):
            row = s.line_day[place]
            if row.day >= s.now[0].earliest_day:
                row.held = min(row.held, row.room)
                row.room -= row.held


@in_place
def undo(s: State, k: int, pegs: int, plans: int, slots: int) -> None:
    """Take a line's promise back."""
    give_back(s, pegs, plans)
    for at in range(slots, s.now[0].slots):
        s.line_day[s.slot[at].row].room += s.slot[at].minutes
    s.now[0].slots = slots
    answer = s.answer[k]
    answer.is_promised = 0
    answer.ship_day = answer.need_day = answer.cause = NOBODY
    answer.binding_item = answer.binding_supply = answer.binding_line = answer.binding_day = NOBODY
    answer.binding_days = 0


@in_place
def can_stay(s: State, k: int) -> bool:
    """Whether a line may keep its promise as it is: all it holds comes in time, and nobody has taken of it."""
    if s.order[k].is_intact == 0:
        return False
    for h in range(s.order[k].holds, s.order[k + 1].holds):
        hold = s.hold[h]
        there = s.supply[hold.supply].free + (s.supply[hold.own].free if hold.own != hold.supply else 0)
        if there < hold.quantity:
            return False
    for at in range(s.order[k].reserves, s.order[k + 1].reserves):
        if s.line_day[s.reserve[at].row].room < s.reserve[at].minutes:
            return False
    return True


@in_place
def stay(s: State, k: int, keeps: bool) -> None:
    """Keep the promise as it is, with all that it rests on, for which no rows are written."""
    for h in range(s.order[k].holds, s.order[k + 1].holds if keeps else s.order[k].holds):
        hold = s.hold[h]
        own = min(s.supply[hold.own].free, hold.quantity)
        s.supply[hold.own].free -= own
        s.supply[hold.supply].free -= hold.quantity - own
    for at in range(s.order[k].reserves, s.order[k + 1].reserves if keeps else s.order[k].reserves):
        s.line_day[s.reserve[at].row].room -= s.reserve[at].minutes
    answer = s.answer[k]
    answer.is_promised = answer.stays = 1
    answer.ship_day, answer.need_day, answer.cause = s.order[k].due_day, s.order[k].need_day, NOTHING
