"""Every route reads its body exactly and its query from texts."""

from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from daraa.api.surfaces import ROUTERS
from daraa.market.http import Input

ROUTES = [route for router in ROUTERS for route in router.routes if isinstance(route, APIRoute)]


def models(route: APIRoute, where: str) -> Iterator[type]:
    for each in getattr(route.dependant, where):
        annotation = each.field_info.annotation
        if isinstance(annotation, type) and hasattr(annotation, "model_fields"):
            yield annotation


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{sorted(route.methods)[0]} {route.path}")
def test_a_body_is_exact_and_a_query_is_not(route: APIRoute) -> None:
    assert [each for each in models(route, "body_params") if not issubclass(each, Input)] == []
    assert [each for each in models(route, "query_params") if issubclass(each, Input)] == []


def test_the_routes_were_found() -> None:
    assert len(ROUTES) > 100
    assert sum(bool(list(models(route, "body_params"))) for route in ROUTES) > 30
    assert sum(bool(list(models(route, "query_params"))) for route in ROUTES) > 20
