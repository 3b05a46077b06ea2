"""A company of one's own is set up from its folder, all or nothing."""

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from atoll import cli
from atoll.demo.company import FOLDER
from atoll.errors import BadInput
from atoll_web import invariants
from atoll_web.accounts.models import Company, User
from atoll_web.catalogue.models import AssemblyLine, Item, LineDay, Revision
from atoll_web.company import services
from atoll_web.company.errors import CompanyExists, NoAdministrator


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    """A folder of one's own that may be changed."""
    return Path(shutil.copytree(FOLDER / "electronics", tmp_path / "mine"))


def spoil(file: Path, before: str, after: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after, 1), encoding="utf-8")


@pytest.mark.django_db
def test_a_folder_becomes_a_company_that_works_by_the_clock(mine: Path) -> None:
    User.objects.create_superuser("ann", password="a-long-password")
    tomorrow = date.today() + timedelta(days=1)
    exceptions = f"[{{ day = {tomorrow}, minutes = 0 }}, {{ day = 2020-01-01, minutes = 9 }}]"
    spoil(mine / "company.toml", "[[lines]]", f"[[lines]]\nweekday_minutes = {[60] * 7}\nexceptions = {exceptions}")
    spoil(mine / "company.toml", "holidays = [", "#")
    data = services.import_company(mine)
    company = Company.objects.get()
    assert (company.code, company.is_demo, company.business_date) == ("mine", False, None)
    assert Item.objects.count() == len(data.items)
    assert Revision.objects.filter(state="released").count() == len(data.models)
    assert LineDay.objects.values("line").distinct().count() == AssemblyLine.objects.count()
    today = date.today()
    assert LineDay.objects.filter(day__gt=today + timedelta(days=services.HORIZON_DAYS - 4)).exists()
    line = AssemblyLine.objects.get(weekday_minutes=[60] * 7)
    assert dict(line.exceptions.values_list("day", "minutes")) == {today + timedelta(days=1): 0, date(2020, 1, 1): 9}
    days = line.days.filter(day__lt=today + timedelta(days=9)).order_by("day").values_list("day", "capacity")
    assert [(day - today).days for day, _ in days] == [0, 2, 3, 4, 5, 6, 7, 8]
    assert {capacity for _, capacity in days} == {60}
    assert invariants.check().violations == 0
    with pytest.raises(CompanyExists):
        services.import_company(mine)


@pytest.mark.django_db
def test_without_an_administrator_nobody_may(mine: Path) -> None:
    with pytest.raises(NoAdministrator, match="createsuperuser"):
        services.import_company(mine)
    assert not Company.objects.exists()


def test_check_names_every_fault_of_every_file_with_its_place(mine: Path, capsys) -> None:
    spoil(mine / "suppliers.csv", "code", "kode")
    (mine / "bills.csv").write_text("parent,component,quantity\nNOWHERE,NOTHING,0\n", encoding="utf-8")
    assert cli.run(["import", str(mine), "--check"]) == 3
    error = capsys.readouterr().err
    assert "suppliers.csv" in error
    assert "bills.csv:2" in error
    assert "nothing was changed" in error


def test_a_rule_that_nobody_can_satisfy_is_found_before_the_company_is_entered(mine: Path) -> None:
    model = next((mine / "models").glob("*.toml"))
    with model.open("a", encoding="utf-8") as file:
        file.write('\n[[rules]]\nname = "never"\ntext = "Nothing is ever possible"\nrule = "1 = 2"\n')
    with pytest.raises(BadInput, match="Nothing is ever possible"):
        services.read_company_folder(mine)


def test_a_text_that_customers_cannot_have_is_found_before_the_company_is_entered(mine: Path) -> None:
    spoil(mine / "company.toml", '"Lea & Tim"', '"Lea <3 Tim"')
    with pytest.raises(BadInput, match="Lea <3 Tim") as refusal:
        services.read_company_folder(mine)
    assert [issue.source for issue in refusal.value.issues] == ["company.toml demand for ARIA"]


def test_a_sound_folder_is_said_to_be_sound(mine: Path, capsys) -> None:
    assert cli.run(["import", str(mine), "--check"]) == 0
    assert "No fault was found" in capsys.readouterr().err
