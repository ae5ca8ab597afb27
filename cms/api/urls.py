"""The one address of the API."""

from django.db import transaction
from django.urls import path

from cms.api.views import PublicGraphQLView

urlpatterns = [
    path("", transaction.non_atomic_requests(PublicGraphQLView.as_view()), name="graphql"),
]
