"""Addresses on the installation's own host."""

from django.contrib import admin
from django.urls import path

from config.screens import jobs, public
from marketplaces import urls as marketplaces

urlpatterns = [
    path("", public.index, name="index"),
    path("jobs/", jobs.jobs, name="jobs"),
    path("jobs/parked/", jobs.parked, name="parked_work"),
    path("jobs/<str:key>/", jobs.job, name="job"),
    path("admin/", admin.site.urls),
    *marketplaces.public,
]

handler403 = "config.screens.errors.forbidden"
