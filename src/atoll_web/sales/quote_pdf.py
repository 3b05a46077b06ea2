"""A quote as a PDF: what is offered to whom, for how much, when, and until when. The same quote gives the same bytes."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from fpdf import FPDF

from atoll_web.accounts.models import Company
from atoll_web.sales import states
from atoll_web.sales.deliveries import lines_together
from atoll_web.sales.models import Order
from atoll_web.sales.record import order_record
from atoll_web.words import in_words

FONT = "DejaVu"
"""Ships with matplotlib and is embedded: it has Latin, Greek, Cyrillic, Arabic and many more letters."""

MARGIN, LINE_HEIGHT, INDENT = 20, 5.5, 5
"""Millimetres."""

WIDTHS = (92, 20, 29, 29)
"""Of the columns: what, units, price of one, price of all."""


class _Page(FPDF):
    """A page with the company above and the page number below."""

    def __init__(self, company: str, number: str, made: datetime) -> None:
        super().__init__(format="A4")
        import matplotlib  # only for its fonts, and slow to import

        fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
        self.add_font(FONT, "", fonts / "DejaVuSans.ttf")
        self.add_font(FONT, "B", fonts / "DejaVuSans-Bold.ttf")
        self.company, self.number = company, number
        self.set_margin(MARGIN)
        self.set_auto_page_break(True, MARGIN)
        self.set_title(f"{company}: quote {number}")
        self.set_author(company)
        self.set_lang("en")
        self.set_creation_date(made)

    def header(self) -> None:
        """The company's name."""
        self.set_font(FONT, "B", 11)
        self.cell(0, LINE_HEIGHT, self.company, new_x="LMARGIN", new_y="NEXT")
        self.ln(LINE_HEIGHT)

    def footer(self) -> None:
        """Number of quote and page."""
        self.set_y(-MARGIN + LINE_HEIGHT)
        self.set_font(FONT, "", 8)
        self.cell(0, LINE_HEIGHT, f"Quote {self.number}, page {self.page_no()} of {{nb}}", align="C")

    def file_id(self) -> str:
        """Equal for equal quotes, so that the bytes are too."""
        return "0" * 32

    def words(self, text: str, *, style: str = "", size: float = 10, indent: float = 0) -> None:
        """A paragraph."""
        self.set_font(FONT, style, size)
        self.set_x(MARGIN + indent)
        self.multi_cell(0, LINE_HEIGHT, text, align="L", new_x="LMARGIN", new_y="NEXT")

    def columns(self, cells: tuple[str, ...], *, style: str = "") -> None:
        """A row of the table, all on one page; only the first column may need several lines."""
        self.set_font(FONT, style, 10)
        height = self.multi_cell(WIDTHS[0], LINE_HEIGHT, cells[0], align="L", dry_run=True, output="HEIGHT")
        if self.will_page_break(height):
            self.add_page()
            self.set_font(FONT, style, 10)
        top = self.get_y()
        self.multi_cell(WIDTHS[0], LINE_HEIGHT, cells[0], align="L", new_x="RIGHT", new_y="TOP")
        for width, cell in zip(WIDTHS[1:], cells[1:], strict=True):
            self.cell(width, LINE_HEIGHT, cell, align="R")
        self.set_xy(MARGIN, top + height)


def quote_pdf(order: Order) -> bytes:
    """The quote; it comes with its customer.

    Characters that the font lacks appear as empty boxes.
    """
    company = Company.objects.get()
    record = order_record(order)
    page = _Page(company.name, order.number, order.ordered_at)
    page.add_page()
    page.words(f"Quote {order.number}", style="B", size=16)
    page.ln(LINE_HEIGHT)
    customer = order.customer
    page.words("\n".join(filter(None, (customer.name, customer.email, customer.country))))
    page.ln(LINE_HEIGHT)
    page.words(f"Date: {in_words(order.ordered_at.date())}")
    page.words(f"Valid until: {in_words(order.expires_at.date())}, {order.expires_at:%H:%M} UTC. Until then the dates are held.")
    page.ln(LINE_HEIGHT)
    page.columns(("", "Units", f"Each ({order.currency})", f"All ({order.currency})"), style="B")
    for line in record["lines"]:
        _line(page, line)
    page.columns(("Total", "", "", f"{record['total']:,.2f}"), style="B")
    page.ln(LINE_HEIGHT)
    page.words(_terms(record))
    return bytes(page.output())


def _line(page: _Page, line: Mapping[str, Any]) -> None:
    """The product, what was chosen, and the date."""
    quantity, each, price = line["quantity"], line["unit_price"], line["price"]
    page.columns((f"{line['position']}. {line['model_name']}", f"{quantity:,}", f"{each:,.2f}", f"{price:,.2f}"), style="B")
    for choice in line["choices"]:
        page.words(f"{choice['name']}: {choice['words']}", size=9, indent=INDENT)
    promise = next((promise for promise in line["promises"]), None)
    if promise is not None:
        page.words(f"Ships on {in_words(promise['ship_date'])}", size=9, indent=INDENT)
    page.ln(LINE_HEIGHT / 2)


def _terms(record: Mapping[str, Any]) -> str:
    open_lines = [line for line in record["lines"] if line["state"] != states.CANCELLED]
    groups = lines_together((line["position"], line["delivery_group"]) for line in open_lines)
    delivery = "".join(f"{words.capitalize()} are delivered together. " for words in groups)
    if record["ship_complete"]:
        delivery = "All is delivered together. "
    return f"{delivery}Prices are in {record['currency']}. After the day of validity, supply and dates are no longer held."
