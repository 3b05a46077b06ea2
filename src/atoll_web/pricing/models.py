"""Currencies, exchange rates, price lists."""

import pghistory
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from atoll_web.catalogue.models import ProductModel

IS_CURRENCY = RegexValidator("^[A-Z]{3}$", "Write the three capital letters of the currency, such as CHF.")


@pghistory.track()
class Currency(models.Model):
    """A currency that customers pay in."""

    code = models.CharField(max_length=3, unique=True, validators=[IS_CURRENCY])
    rounding = models.DecimalField(
        max_digits=9, decimal_places=2, default="0.01", help_text="Amounts are rounded to a multiple of this"
    )

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "currencies"
        constraints = [
            models.CheckConstraint(condition=Q(rounding__gt=0), name="currency_rounding_positive"),
            models.CheckConstraint(condition=Q(code__regex="^[A-Z]{3}$"), name="currency_has_three_letters"),
        ]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class ExchangeRate(models.Model):
    """Units of a currency for one unit of the company's own, from a day on until the next rate begins."""

    currency = models.ForeignKey(Currency, on_delete=models.CASCADE, related_name="rates")
    valid_from = models.DateField()
    rate = models.DecimalField(max_digits=18, decimal_places=9)

    class Meta:
        ordering = ["currency", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["currency", "valid_from"], name="one_rate_a_day"),
            models.CheckConstraint(condition=Q(rate__gt=0), name="exchange_rate_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.currency} from {self.valid_from}"


@pghistory.track()
class PriceList(models.Model):
    """Prices for some customers: in one currency, by a factor, and single prices of their own."""

    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=200)
    currency = models.CharField(max_length=3, validators=[IS_CURRENCY])
    factor = models.DecimalField(
        max_digits=18, decimal_places=9, default=1, help_text="All prices that the list does not name are multiplied by it"
    )
    customer_class = models.CharField(
        max_length=40, blank=True, help_text="Customers of this class have the list unless they have one of their own"
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_class"], condition=~Q(customer_class=""), name="one_price_list_for_a_customer_class"
            ),
            models.CheckConstraint(condition=Q(factor__gt=0), name="price_list_factor_positive"),
            models.CheckConstraint(condition=Q(currency__regex="^[A-Z]{3}$"), name="price_list_currency_has_three_letters"),
        ]

    def __str__(self) -> str:
        return self.code


@pghistory.track()
class ListPrice(models.Model):
    """A price of its own in a price list. Of several that count on a day, the one that began last does."""

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="prices")
    product_model = models.ForeignKey(ProductModel, on_delete=models.CASCADE, related_name="+")
    feature = models.CharField(max_length=200, blank=True, help_text="Empty: the base price of the product")
    option = models.CharField(max_length=200, blank=True, help_text="Empty: one unit of a quantity, or a text")
    price = models.DecimalField(max_digits=14, decimal_places=4)
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="First day on which it no longer counts")

    class Meta:
        ordering = ["price_list", "product_model", "feature", "option", "-valid_from"]
        constraints = [
            models.UniqueConstraint(
                fields=["price_list", "product_model", "feature", "option", "valid_from"], name="one_list_price_a_day"
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="list_price_not_negative"),
            models.CheckConstraint(condition=Q(option="") | ~Q(feature=""), name="list_price_of_an_option_names_its_feature"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True) | Q(valid_until__gt=F("valid_from")), name="list_price_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.price_list), str(self.product_model), self.feature, self.option)))
