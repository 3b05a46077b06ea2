"""Background work of accounts: idempotency keys are forgotten after a while."""

from procrastinate.contrib.django import app

from atoll_web.accounts import keys


@app.periodic(cron="17 3 * * *")
@app.task(name="accounts.forget_answers")
def forget_answers(timestamp: int) -> None:
    """Every night."""
    keys.forget_answers()
