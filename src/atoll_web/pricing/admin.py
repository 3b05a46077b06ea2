"""The back office of pricing. Its files have the columns of a company's folder."""

from django.contrib import admin
from import_export.fields import Field
from import_export.widgets import ForeignKeyWidget
from unfold.admin import TabularInline

from atoll_web.back_office import MasterDataFiles, MasterDataResource
from atoll_web.catalogue.models import ProductModel
from atoll_web.pricing.models import Currency, ExchangeRate, ListPrice, PriceList


class CurrencyResource(MasterDataResource):
    """Currencies by their code."""

    class Meta(MasterDataResource.Meta):
        model = Currency
        import_id_fields = ("code",)
        fields = ("code", "rounding")


class ExchangeRateResource(MasterDataResource):
    """Rates by currency and first day."""

    currency = Field("currency", "currency", ForeignKeyWidget(Currency, "code"))

    class Meta(MasterDataResource.Meta):
        model = ExchangeRate
        import_id_fields = ("currency", "valid_from")
        fields = ("currency", "valid_from", "rate")


class PriceListResource(MasterDataResource):
    """Price lists by their code."""

    class Meta(MasterDataResource.Meta):
        model = PriceList
        import_id_fields = ("code",)
        fields = ("code", "name", "currency", "factor", "customer_class")


class ListPriceResource(MasterDataResource):
    """Prices by list, product model, feature, option and first day."""

    price_list = Field("price_list", "price_list", ForeignKeyWidget(PriceList, "code"))
    product_model = Field("product_model", "model", ForeignKeyWidget(ProductModel, "code"))

    class Meta(MasterDataResource.Meta):
        model = ListPrice
        import_id_fields = ("price_list", "product_model", "feature", "option", "valid_from")
        fields = ("price_list", "product_model", "feature", "option", "price", "valid_from", "valid_until")


class RatesOfCurrency(TabularInline):
    """The rates of a currency, below it."""

    model = ExchangeRate
    extra = 0


class PricesOfList(TabularInline):
    """The prices of a list, below it."""

    model = ListPrice
    extra = 0


@admin.register(Currency)
class Currencies(MasterDataFiles):
    """Currencies, with their rates."""

    capability = "catalogue"
    resource_classes = (CurrencyResource,)
    list_display = ("code", "rounding")
    search_fields = ("code",)
    inlines = (RatesOfCurrency,)


@admin.register(ExchangeRate)
class ExchangeRates(MasterDataFiles):
    """All exchange rates."""

    capability = "catalogue"
    resource_classes = (ExchangeRateResource,)
    list_display = ("currency", "valid_from", "rate")
    list_select_related = ("currency",)
    list_filter = ("currency",)


@admin.register(PriceList)
class PriceLists(MasterDataFiles):
    """Price lists, with their prices."""

    capability = "catalogue"
    resource_classes = (PriceListResource,)
    list_display = ("code", "name", "currency", "factor", "customer_class")
    search_fields = ("code", "name", "customer_class")
    inlines = (PricesOfList,)


@admin.register(ListPrice)
class ListPrices(MasterDataFiles):
    """The prices of all lists."""

    capability = "catalogue"
    resource_classes = (ListPriceResource,)
    list_display = ("price_list", "product_model", "feature", "option", "price", "valid_from", "valid_until")
    list_select_related = ("price_list", "product_model")
    list_filter = ("price_list", "product_model")
    search_fields = ("price_list__code", "product_model__code", "feature", "option")
