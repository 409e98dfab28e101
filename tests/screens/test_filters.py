"""Filters that screens offer as forms; the API makes its own where a list has none, and shows no form."""

from collections.abc import Iterator

import django_filters
import pytest
from django.contrib.auth.models import User
from django.urls import get_resolver

from catalog.models import Brand
from finance.models import BankAccount
from inventory.models import CarrierAccount, Warehouse
from marketplaces.models import Account

pytestmark = pytest.mark.django_db
FEW = (Account, BankAccount, Brand, CarrierAccount, User, Warehouse)


def _all(kind: type) -> Iterator[type]:
    for each in kind.__subclasses__():
        yield each
        yield from _all(each)


def test_it_offers_as_choices_only_rows_of_tables_that_stay_small():
    assert get_resolver().url_patterns
    offered = {
        (kind.__name__, name): field.get_queryset(None)
        for kind in _all(django_filters.FilterSet)
        if not kind.__module__.startswith("django_filters")
        for name, field in kind.base_filters.items()
        if isinstance(field, django_filters.ModelChoiceFilter | django_filters.ModelMultipleChoiceFilter)
    }
    assert len(offered) > 40
    assert {key: rows.model.__name__ for key, rows in offered.items() if rows.model not in FEW} == {}
