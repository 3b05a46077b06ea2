"""One mechanism for all list pages.

How to make one, in an app's `pages.py`::

    CUSTOMERS = ListPage(
        name="customers",                                    # the address: /customers, /customers.csv, /customers.json
        title="Customers",
        rows=lambda: Customer.objects.annotate(open_orders=Count("orders")),
        columns=(
            Column("code", "Customer", link=lambda row: reverse("customer", args=[row.code])),
            Column("name", "Name"),
            Column("open_orders", "Open orders", kind="number"),
        ),
        facets=(Facet("country", "Country"),),               # a choice with counts: ?country=DE
        flags=(Flag("on_hold", "On hold", Q(on_hold=True)),),  # a condition with its count: ?on_hold=1
        search=("code", "name"),                             # ?q=… looks for the words in these fields
        order="code",
    )

    urlpatterns = [*CUSTOMERS.urls(), …]

The filter, the sorting and the page stand in the URL, and the twins take the same ones. A value is read from the row by the
column's name, by a path of fields such as ``customer.name``, or by a function. A field or annotation can be sorted by; name the
field in `sort` where the value is a function. A page takes a query for its rows, one for their number, one for each facet and one
for all flags.

Kinds of columns: text, number, percent, money, date, moment (date and time), state (word, icon and colour), flag (a word that
stands out when true), document (the number of an order, purchase order, build … that leads to it).
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from io import StringIO
from itertools import chain, islice
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, F, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.utils.functional import cached_property

from atoll_web.pages import document

PAGE_SIZE = 50
DOCUMENT_SIZE = 500
"""Rows on a page, and in one `.json` document."""

CHUNK_SIZE = 500
"""Rows of a `.csv` document that are sent together; each sending takes as long as writing many rows."""

Value = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Column:
    """What a list shows of each row.

    Parameters
    ----------
    value
        Path from the row to the value (default: the name), or a function of the row.
    sort
        Field to sort by; empty when the column cannot be sorted by. Default: the path.
    link
        Address that the value leads to.
    """

    name: str
    title: str
    kind: str = "text"
    value: str | Value = ""
    sort: str | None = None
    link: Value | None = None

    def of(self, row: Any) -> Any:
        """The value of a row."""
        if callable(self.value):
            return self.value(row)
        found = row
        for part in (self.value or self.name).split("."):
            found = getattr(found, part, None)
        return str(found) if isinstance(found, Model) else found

    @property
    def path(self) -> str:
        """The path to the value as the database follows it; empty where the value is a function."""
        return "" if callable(self.value) else (self.value or self.name).replace(".", "__")

    @property
    def field(self) -> str:
        """The field to sort by."""
        return self.path if self.sort is None else self.sort


@dataclass(frozen=True, slots=True)
class Facet:
    """A choice to filter by, with the number of rows of each value.

    Parameters
    ----------
    field
        Field of the values; default: the name.
    label
        Field of the words for people, such as the name behind a code; default: the values themselves.
    """

    name: str
    title: str
    field: str = ""
    label: str = ""

    @property
    def value_field(self) -> str:
        """The field of the values."""
        return self.field or self.name


@dataclass(frozen=True, slots=True)
class Flag:
    """A condition to filter by, with the number of rows that meet it."""

    name: str
    title: str
    condition: Q


@dataclass(frozen=True, slots=True)
class ListPage:
    """A list: what it shows, and how it can be filtered and sorted. The module's docstring has an example.

    Parameters
    ----------
    rows
        Called for each request.
    search
        Fields in which `q` is looked for; all its words must be found.
    order
        Default sorting: a column's name, with a minus for descending.
    empty
        Words for a list without rows.
    actions
        Buttons beside the title: words, name of the address, and the capability that it takes.
    template
        What shows it; another one extends `atoll/list.html` and fills its blocks.
    """

    name: str
    title: str
    rows: Callable[[], QuerySet[Any]]
    columns: tuple[Column, ...]
    order: str
    facets: tuple[Facet, ...] = ()
    flags: tuple[Flag, ...] = ()
    search: tuple[str, ...] = ()
    intro: str = ""
    empty: str = "Nothing here yet."
    actions: tuple[tuple[str, str, str], ...] = ()
    template: str = "atoll/list.html"

    def urls(self) -> list[URLPattern]:
        """The page and its twins."""
        return [
            path(self.name, self.page, name=self.name),
            path(f"{self.name}.csv", self.csv, name=f"{self.name}-csv"),
            path(f"{self.name}.json", self.json, name=f"{self.name}-json"),
        ]

    def page(self, request: HttpRequest) -> HttpResponse:
        """The list for people."""
        return render(request, self.template, {"list": Request(self, request, PAGE_SIZE)})

    def json(self, request: HttpRequest) -> HttpResponse:
        """The list for programs: one page of the rows, with the address of the next one."""
        asked = Request(self, request, DOCUMENT_SIZE)
        following = asked.window.next_page_number() if asked.window.has_next() else None
        return document(
            {
                "name": self.name,
                "total": asked.window.paginator.count,
                "next": request.build_absolute_uri(f"{request.path}?{asked.query(page=following)}") if following else None,
                "rows": [asked.record(row) for row in asked.window.object_list],
            }
        )

    def csv(self, request: HttpRequest) -> StreamingHttpResponse:
        """The list for spreadsheets: all rows of the filter."""
        return csv_answer(self.name, [column.name for column in self.columns], Request(self, request).values())


def csv_answer(name: str, names: Sequence[str], rows: Iterable[Iterable[Any]]) -> StreamingHttpResponse:
    """Rows for spreadsheets, under the names of their columns, as the file of a name."""
    return StreamingHttpResponse(
        _csv(names, rows),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


def _csv(names: Sequence[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    cells = chain([names], ([_cell(value) for value in row] for row in rows))
    while chunk := [*islice(cells, CHUNK_SIZE)]:
        text = StringIO()
        csv.writer(text).writerows(chunk)
        yield text.getvalue()


class Request:
    """One request of a list: its filter, its sorting, and the rows that they leave."""

    def __init__(self, page: ListPage, request: HttpRequest, size: int = PAGE_SIZE) -> None:
        self.page = page
        self.parameters = request.GET
        self.size = size

    @cached_property
    def rows(self) -> QuerySet[Any]:
        """All rows of the list."""
        return self.page.rows()

    @cached_property
    def text(self) -> str:
        """What is looked for."""
        return self.parameters.get("q", "").strip().replace("\x00", "")

    @cached_property
    def chosen(self) -> dict[str, list[str]]:
        """Values chosen of each facet."""
        found = {facet.name: [v for v in self.parameters.getlist(facet.name) if v] for facet in self.page.facets}
        return {name: values for name, values in found.items() if values}

    @cached_property
    def raised(self) -> set[str]:
        """Flags that are set."""
        return {flag.name for flag in self.page.flags if self.parameters.get(flag.name)}

    def filtered(self, *, without: str = "") -> QuerySet[Any]:
        """The rows of the filter, one facet or flag of it left out."""
        rows = self.rows
        for word in self.text.split():
            rows = rows.filter(Q.create([Q(**{f"{field}__icontains": word}) for field in self.page.search], connector=Q.OR))
        for facet in self.page.facets:
            if facet.name in self.chosen and facet.name != without:
                rows = rows.filter(**{f"{facet.value_field}__in": self.chosen[facet.name]})
        for flag in self.page.flags:
            if flag.name in self.raised and flag.name != without:
                rows = rows.filter(flag.condition)
        return rows

    @cached_property
    def sort(self) -> str:
        """The column sorted by, with a minus for descending; an unknown one gives the default."""
        asked = self.parameters.get("sort", "")
        return asked if asked.removeprefix("-") in self._sortable else self.page.order

    @cached_property
    def _sortable(self) -> dict[str, str]:
        return {column.name: column.field for column in self.page.columns if column.field}

    @cached_property
    def sorted(self) -> QuerySet[Any]:
        """The rows of the filter in order; the key decides between equals, so that pages never overlap."""
        field = F(self._sortable[self.sort.removeprefix("-")])
        down = self.sort.startswith("-")
        return self.filtered().order_by(
            field.desc(nulls_last=True) if down else field.asc(nulls_last=True), "-pk" if down else "pk"
        )

    def values(self) -> Iterator[Sequence[Any]]:
        """The values of all columns, row by row; the rows become objects only where a column's value is a function of them."""
        columns, rows = self.page.columns, self.sorted
        if all(paths := [column.path for column in columns]):
            return rows.values_list(*paths).iterator(chunk_size=CHUNK_SIZE)
        return ([column.of(row) for column in columns] for row in rows.iterator(chunk_size=CHUNK_SIZE))

    @cached_property
    def window(self) -> Page:
        """The rows of the page asked for; beyond the last page, the last."""
        return Paginator(self.sorted, self.size).get_page(self.parameters.get("page"))

    @cached_property
    def columns(self) -> list[Column]:
        """The columns to show: a flag only where it is raised in some row of the page."""
        rows = self.window.object_list
        return [column for column in self.page.columns if column.kind != "flag" or any(column.of(row) for row in rows)]

    @property
    def table(self) -> list[list[tuple[Column, Any, str]]]:
        """Column, value and link of each cell of the page."""
        return [
            [(column, column.of(row), column.link(row) if column.link else "") for column in self.columns]
            for row in self.window.object_list
        ]

    def record(self, row: Any) -> dict[str, Any]:
        """A row as a document; money is text, so that no digit is lost."""
        return {column.name: _plain(column.of(row)) for column in self.page.columns}

    @property
    def facets(self) -> list[tuple[Facet, list[tuple[str, str, int, bool]]]]:
        """Value, words, number of rows, and whether it is chosen, of each facet that has any."""
        found = [(facet, self._choices(facet)) for facet in self.page.facets]
        return [(facet, choices) for facet, choices in found if choices]

    def _choices(self, facet: Facet) -> list[tuple[str, str, int, bool]]:
        fields = dict.fromkeys((facet.value_field, facet.label or facet.value_field))
        rows = self.filtered(without=facet.name).order_by().values_list(*fields)
        groups = rows.annotate(rows=Count("pk", distinct=True)).order_by(*fields)  # joins of the page's rows may repeat a row
        chosen = self.chosen.get(facet.name, [])
        choices = [
            (str(value), str(rest[-2] if len(rest) > 1 else value), rest[-1], str(value) in chosen) for value, *rest in groups
        ]
        return sorted((choice for choice in choices if choice[0] not in {"", "None"}), key=lambda choice: choice[1])

    @property
    def flags(self) -> list[tuple[Flag, int, bool]]:
        """Number of rows, and whether it is set, of each flag; one query for all of them."""
        if not self.page.flags:
            return []
        counts = self.filtered().aggregate(
            **{f"with_{flag.name}": Count("pk", filter=flag.condition) for flag in self.page.flags}
        )
        return [(flag, counts[f"with_{flag.name}"], flag.name in self.raised) for flag in self.page.flags]

    @property
    def headings(self) -> list[tuple[Column, str, str]]:
        """Each column with the direction it is sorted in, and the query that sorts by it."""
        return [(column, self._direction(column), self._sort_query(column)) for column in self.columns]

    def _direction(self, column: Column) -> str:
        return {column.name: "ascending", f"-{column.name}": "descending"}.get(self.sort, "")

    def _sort_query(self, column: Column) -> str:
        if not column.field:
            return ""
        return self.query(sort=f"-{column.name}" if self.sort == column.name else column.name, page=None)

    @property
    def is_filtered(self) -> bool:
        """Whether a filter is set."""
        return bool(self.text or self.chosen or self.raised)

    @property
    def filter_query(self) -> str:
        """The query of the twins: filter and sorting."""
        return self.query(page=None)

    @property
    def previous_query(self) -> str:
        """The query of the page before."""
        return self.query(page=self.window.previous_page_number()) if self.window.has_previous() else ""

    @property
    def next_query(self) -> str:
        """The query of the next page."""
        return self.query(page=self.window.next_page_number()) if self.window.has_next() else ""

    def query(self, **changes: Any) -> str:
        """The request's own query with some parameters changed; None takes one away."""
        asked: Mapping[str, Any] = {
            **({"q": self.text} if self.text else {}),
            **self.chosen,
            **dict.fromkeys(sorted(self.raised), 1),
            **({"sort": self.sort} if self.sort != self.page.order else {}),
            **changes,
        }
        return urlencode({name: value for name, value in asked.items() if value is not None}, doseq=True)


def _cell(value: Any) -> Any:
    """A value for spreadsheets; a text that looks like a formula is kept from being one."""
    if isinstance(value, str) and value[:1] in {"=", "+", "@", "\t"}:
        return f"'{value}"
    return "" if value is None else _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
