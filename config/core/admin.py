"""Four base classes for every admin page, asking the same table of roles as menu, screens and API; and the admin of
people, jobs and schedule. What is shared by all clients is seen on the installation's own host only."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django_celery_beat import admin as beat
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.admin import ModelAdmin, TabularInline
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from config.core import operations
from config.core.jobs import JOBS
from config.core.models import Heartbeat, JobOverride, JobRun, WorkItem
from config.core.permissions import Action, may


class _Roles:
    """Permissions from roles; `looks` may see, `changes` may add, change and delete. None: nobody may."""

    looks: Action = Action.VIEW
    changes: Action | None = Action.ADMINISTER
    is_shared = False

    def _may(self, request: HttpRequest, action: Action | None) -> bool:
        if action is None or (self.is_shared and not operations.is_shared()):
            return False
        return may(request.user, action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._may(request, self.looks)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.looks)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.changes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.changes)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.changes)


class Configure(_Roles, ModelAdmin):
    """Rows that people set up."""

    looks = Action.ADMINISTER
    list_per_page = 50
    show_full_result_count = False


class Inspect(_Roles, ModelAdmin):
    """Rows that the product writes and people only look at; long tables are not counted."""

    changes = None
    list_per_page = 50
    show_full_result_count = False


class ConfigureInline(_Roles, TabularInline):
    looks = Action.ADMINISTER
    extra = 0


class InspectInline(_Roles, TabularInline):
    changes = None
    extra = 0
    can_delete = False


@admin.register(WorkItem)
class WorkItemAdmin(Inspect):
    list_display = ("job", "state", "account_id", "due_at", "attempts", "lost", "last_error")
    list_filter = ("state", "queue")
    search_fields = ("job__startswith", "dedupe_key__startswith")


@admin.register(JobRun)
class JobRunAdmin(Inspect):
    list_display = ("job", "outcome", "account_id", "started_at", "milliseconds", "message")
    list_filter = ("outcome",)
    search_fields = ("job__startswith",)


@admin.register(Heartbeat)
class HeartbeatAdmin(Inspect):
    is_shared = True
    list_display = ("name", "at")


@admin.register(JobOverride)
class JobOverrideAdmin(Configure):
    """An operator's decisions about cadence; the screen of a job makes them as well."""

    is_shared = True
    list_display = ("job", "is_enabled", "every_seconds", "reason", "decided_by", "updated_at")
    fields = ("job", "is_enabled", "every_seconds", "reason")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "job":
            options["widget"] = UnfoldAdminSelectWidget(choices=[(key, key) for key, job in JOBS if job.every])
        return super().formfield_for_dbfield(db_field, request, **options)

    def save_model(self, request: HttpRequest, obj: JobOverride, form: Any, change: bool) -> None:
        decision = operations.Decision(
            is_enabled=obj.is_enabled, every=operations.seconds(obj.every_seconds), reason=obj.reason,
            by=request.user.get_username(),
        )  # fmt: skip
        obj.pk = operations.override(JOBS.get(obj.job), decision).pk

    def delete_model(self, request: HttpRequest, obj: JobOverride) -> None:
        operations.forget_override(obj.job)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[JobOverride]) -> None:
        for each in queryset:
            operations.forget_override(each.job)


for _model in (PeriodicTask, ClockedSchedule, CrontabSchedule, SolarSchedule, IntervalSchedule, User, Group):
    admin.site.unregister(_model)


class _TaskSelect(UnfoldAdminSelectWidget, beat.TaskSelectWidget):
    """The names of all tasks."""


class _TaskForm(beat.PeriodicTaskForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = _TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(Configure, beat.PeriodicTaskAdmin):
    is_shared = True
    form = _TaskForm


class ScheduleAdmin(Configure):
    is_shared = True


for _model in (ClockedSchedule, CrontabSchedule, SolarSchedule, IntervalSchedule):
    admin.site.register(_model, ScheduleAdmin)


@admin.register(User)
class UserAdmin(Configure, DjangoUserAdmin):
    """People of this client with their roles. Whoever is not a superuser neither sees nor makes one."""

    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "first_name", "last_name", "is_active", "last_login")
    list_filter = ("is_active", "groups")
    filter_horizontal = ("groups",)
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        ("Person", {"fields": ("first_name", "last_name", "email")}),
        ("Roles", {"fields": ("is_active", "groups")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        found = super().get_queryset(request)
        return found if request.user.is_superuser else found.filter(is_superuser=False)

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        obj.is_staff = True
        super().save_model(request, obj, form, change)


@admin.register(Group)
class GroupAdmin(Inspect, DjangoGroupAdmin):
    """The roles; what each may do is a table in the product, so nothing is changed here."""

    looks = Action.ADMINISTER
    fields = ("name",)
