"""Sealed fields: unreadable in the table, bound to their place, shown nowhere."""

import copy
import pickle
from uuid import uuid4

import pytest
from django.core.exceptions import FieldError, ImproperlyConfigured
from django.db import connection, models, transaction
from django.forms.models import model_to_dict
from django.test.utils import isolate_apps

from config.core.secrets import (
    EncryptedTextField,
    Sealed,
    Unreadable,
    is_current,
    seal,
    unseal,
)

CANARY = "canary-refresh-token"
NEW_KEY = "new:ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="


@pytest.fixture
def vault(db):
    with isolate_apps():

        class Vault(models.Model):
            sealed_id = models.UUIDField(default=uuid4, unique=True)
            token = EncryptedTextField(null=True)
            other = EncryptedTextField(null=True)

            class Meta:
                app_label = "core"

            def __str__(self):
                return "vault"

        with connection.schema_editor() as editor:
            editor.create_model(Vault)
        yield Vault


def raw(model):
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT token, other FROM {model._meta.db_table} ORDER BY id")  # noqa: S608
        return cursor.fetchall()


def test_it_reads_back_what_was_saved_and_stores_something_else(vault):
    saved = vault.objects.create(token=CANARY)
    read = vault.objects.get(pk=saved.pk)
    assert (read.token, read.other) == (CANARY, None)
    assert CANARY not in str(raw(vault))
    assert raw(vault)[0][0].startswith("test.")


def test_it_cannot_be_read_in_another_row_or_field(vault):
    one, two = vault.objects.create(token=CANARY), vault.objects.create()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {vault._meta.db_table} SET token = %s, other = %s", [raw(vault)[0][0]] * 2)  # noqa: S608
    assert vault.objects.get(pk=one.pk).token == CANARY
    with pytest.raises(Unreadable):
        _ = vault.objects.get(pk=two.pk).token
    with pytest.raises(Unreadable):
        _ = vault.objects.get(pk=one.pk).other


def test_it_cannot_be_read_in_another_schema():
    with pytest.raises(Unreadable, match="another place"):
        unseal(seal(CANARY, "north.t.1.token"), "south.t.1.token")


def test_it_shows_itself_in_no_form_pickle_or_repr(vault):
    saved = vault.objects.create(token=CANARY)
    read = vault.objects.get(pk=saved.pk)
    assert CANARY not in str(model_to_dict(read)) + repr(read.__dict__) + repr(saved.__dict__)
    assert CANARY.encode() not in pickle.dumps(read.__dict__)
    assert vault._meta.get_field("token").value_to_string(read) == "[secret]"
    with pytest.raises(TypeError, match="pickled"):
        copy.deepcopy(vault(token=CANARY).__dict__["token"])


def test_it_refuses_to_be_searched_or_written_past_the_row(vault):
    vault.objects.create(token=CANARY)
    with pytest.raises(FieldError):
        vault.objects.filter(token=CANARY).exists()
    with pytest.raises(TypeError, match="assign it to an instance"), transaction.atomic():
        vault.objects.update(token=CANARY)
    assert vault.objects.filter(other__isnull=True).count() == 1


def test_it_opens_with_an_old_key_and_seals_with_the_first(vault, settings):
    saved = vault.objects.create(token=CANARY)
    settings.FIELD_KEYS = [NEW_KEY, *settings.FIELD_KEYS]
    read = vault.objects.get(pk=saved.pk)
    assert not is_current(read.__dict__["token"])
    read.token = read.token
    read.save()
    settings.FIELD_KEYS = [NEW_KEY]
    assert vault.objects.get(pk=saved.pk).token == CANARY
    assert raw(vault)[0][0].startswith("new.")


def test_it_says_which_key_is_missing(settings):
    sealed = seal(CANARY, "here")
    settings.FIELD_KEYS = [NEW_KEY]
    with pytest.raises(Unreadable, match="no key 'test'"):
        unseal(sealed, "here")


@pytest.mark.parametrize("damaged", ["test.", "test.AAAA", "test.é"])
def test_it_names_the_place_of_a_damaged_value(damaged):
    with pytest.raises(Unreadable, match=r"north\.t\.1\.token"):
        unseal(Sealed(damaged), "north.t.1.token")


@pytest.mark.parametrize("keys", [[], ["1:c2hvcnQ="], ["no key"]])
def test_it_refuses_keys_that_are_none(settings, keys):
    settings.FIELD_KEYS = keys
    with pytest.raises(ImproperlyConfigured):
        seal(CANARY, "here")
