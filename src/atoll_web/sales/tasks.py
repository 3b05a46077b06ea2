"""Background work of sales: notices are delivered, and quotes expire."""

from procrastinate.contrib.django import app

from atoll_web.accounts.acting import actor_now
from atoll_web.accounts.models import Company
from atoll_web.accounts.services import system_user
from atoll_web.sales import services


@app.task(name="sales.deliver")
def deliver() -> None:
    """Send what is due. The triggers ask for it whenever there is something new."""
    services.deliver_due()


@app.periodic(cron="* * * * *")
@app.task(name="sales.deliver_again")
def deliver_again(timestamp: int) -> None:
    """Every minute: send again what did not arrive."""
    services.deliver_due()


@app.periodic(cron="*/5 * * * *")
@app.task(name="sales.expire_quotes", lock="sales.expire_quotes")
def expire_quotes(timestamp: int) -> None:
    """Every five minutes: give back what quotes hold whose time is over. Whatever promises does so first, too."""
    if Company.objects.exists():
        services.expire_quotes(actor=actor_now(system_user(), "the quote expired"))
