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
    """Every minute: send again what did not arrive, and let quotes expire whose time is over, of which customers are told."""
    if Company.objects.exists():
        services.expire_quotes(actor=actor_now(system_user(), "quotes expire"))
    services.deliver_due()
