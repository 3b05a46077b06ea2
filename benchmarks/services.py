"""Configure, promise and plan through the services, on the database that the demonstration left."""

import os
from collections.abc import Callable, Iterator
from uuid import uuid4

import numpy as np

from benchmarks.measure import Row, quantiles, times

MODELS_SEED = 7


def run(*, calls: int) -> list[Row]:
    """All rows; `calls` is how often each service is called."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atoll_web.settings")
    import django

    django.setup()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
    return [*_configure(calls), *_promise(calls), *_plan()]


def _lines(calls: int) -> list:
    """Configured order lines of all models, drawn as customers choose."""
    from atoll_web.accounts.acting import business_time
    from atoll_web.catalogue import services as catalogue
    from atoll_web.catalogue.models import ProductModel
    from atoll_web.catalogue.snapshot import configurator
    from atoll_web.sales.services import NewLine

    today, rng = business_time().date(), np.random.default_rng(MODELS_SEED)
    codes = list(ProductModel.objects.values_list("code", flat=True))
    engines = {code: configurator(catalogue.orderable_revision(code, today), today) for code in codes}
    return [NewLine(code, engines[code].sample(rng).as_dict()) for code in rng.choice(codes, calls).tolist()]


def _configure(calls: int) -> list[Row]:
    from atoll_web.accounts.acting import business_time
    from atoll_web.catalogue import services as catalogue
    from atoll_web.catalogue.snapshot import configurator

    today = business_time().date()

    def clicks() -> Iterator[Callable[[], object]]:
        for line in _lines(calls):
            engine = configurator(catalogue.orderable_revision(line.model, today), today)
            some = dict(list(line.choices.items())[:4])
            yield lambda engine=engine, some=some: engine.domains(some)

    return quantiles("valid values of all options after four choices", times(clicks()))


def _promise(calls: int) -> list[Row]:
    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.models import User
    from atoll_web.sales import services as sales
    from atoll_web.sales.models import Customer

    actor = actor_now(User.objects.get(username="sales"))
    customers = list(Customer.objects.values_list("code", flat=True))
    lines = _lines(calls)
    for line in lines[:5]:
        sales.inquire(line=line, today=actor.today)
    inquiries = times((lambda line=line: sales.inquire(line=line, today=actor.today)) for line in lines)

    def orders() -> Iterator[Callable[[], object]]:
        for number, line in enumerate(lines):
            customer = customers[number % len(customers)]
            yield lambda line=line, customer=customer: sales.enter_order(
                actor=actor, customer=customer, lines=[line], idempotency_key=uuid4().hex
            )

    return [
        *quantiles("promise: an inquiry, nothing reserved", inquiries, limit=20.0),
        *quantiles("promise: an order entered, promised and committed", times(orders())),
    ]


def _plan() -> list[Row]:
    from atoll_web.accounts.acting import actor_now
    from atoll_web.accounts.models import User
    from atoll_web.planning import services as planning

    actor = actor_now(User.objects.get(username="planner"))
    (milliseconds,) = times(iter([lambda: planning.plan(actor=actor)]))
    return [Row("plan: a planning run over all items", round(float(milliseconds), 1), "ms")]
