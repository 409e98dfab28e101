from django.urls import path

from marketplaces import views

urlpatterns = [path("hooks/<slug:account_key>/", views.receive, name="hook")]
public = [path("hooks/<slug:client>/<slug:account_key>/", views.receive, name="public-hook")]
