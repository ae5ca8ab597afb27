"""The preview door."""

from django.urls import path

from cms.preview import views

urlpatterns = [
    path("", views.preview, name="preview"),
    path("assets/<path:name>", views.asset, name="preview_asset"),
    path("files/<str:token>/<str:name>", views.file, name="preview_file"),
    path("files/<str:token>/signer/<str:name>", views.signer_file, name="preview_signer_file"),
]
