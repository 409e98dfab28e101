"""How the API describes itself: the only place that knows the tool which writes openapi.json."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter

MONEY: dict[str, Any] = {
    "type": "object",
    "nullable": True,
    "properties": {
        "amount": {"type": "string", "pattern": r"^-?\d+(\.\d+)?$", "example": "12.34"},
        "currency": {"type": "string", "nullable": True, "minLength": 3, "maxLength": 3, "example": "EUR"},
    },
    "required": ["amount", "currency"],
}
ERROR: dict[str, Any] = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "details": {},
                "request_id": {"type": "string"},
            },
            "required": ["code", "message", "details", "request_id"],
        }
    },
    "required": ["error"],
}
REFUSALS = {
    "400": "The request cannot be understood",
    "401": "Nobody is signed in, or the token is not good here",
    "403": "The right for this is missing",
    "404": "There is no such row",
    "409": "The idempotency key was used for another request, or a person must act first",
    "415": "The body is of another kind",
    "422": "What is asked for cannot be done now",
    "429": "Too many requests; ask again later",
}
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key", OpenApiTypes.STR, OpenApiParameter.HEADER,
    description="The same key with the same body is done once and answered alike for a week.",
    pattern=r"^[\x21-\x7e]{1,200}$",
)  # fmt: skip
CSV = OpenApiParameter("format", OpenApiTypes.STR, description="All rows of the list as a file", enum=["csv"])


class Description(AutoSchema):
    """Reads what the views declare: what a write `takes` and `gives`, what a question `asks`."""

    @property
    def is_write(self) -> bool:
        return self.method == "POST"

    def get_override_parameters(self) -> list[Any]:
        if self.is_write:
            return [IDEMPOTENCY]
        asked = getattr(self.view, "asks", None)
        return [asked] if asked else [CSV] if self._is_list_view() and hasattr(self.view, "takes") else []

    def get_request_serializer(self) -> Any:
        return self.view.takes if self.is_write else None

    def get_response_serializers(self) -> Any:
        given = getattr(self.view, "gives", None)
        if given is None:
            return {204: None} if self.is_write else super().get_response_serializers()
        is_list = not self.is_write and not getattr(self.view, "gives_one", False)
        return {200: given(many=True) if is_list else given}

    def _is_list_view(self, serializer: Any = None) -> bool:
        return False if self.is_write else super()._is_list_view(serializer)

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        if self._is_list_view() and hasattr(self.view, "takes"):
            bodies["200"]["content"]["text/csv"] = {"schema": {"type": "string"}}
        return bodies | {status: {"$ref": f"#/components/responses/{status}"} for status in REFUSALS}

    def get_tags(self) -> list[str]:
        return [self.view.__class__.__module__.split(".")[0].replace("config", "installation")]


class MoneyDescription(OpenApiSerializerFieldExtension):
    target_class = "config.core.api.MoneyField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: Any, direction: str) -> dict[str, Any]:
        return dict(MONEY)


class TokenDescription(OpenApiAuthenticationExtension):
    target_class = "config.api.auth.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "nf_<client>.<secret>"}


def tidy(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Add the shape of refusals; leave out lists of resources, which grow with every marketplace."""
    refused = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    result["components"]["schemas"]["Error"] = ERROR
    result["components"]["responses"] = {
        status: {"description": why, "content": refused} for status, why in REFUSALS.items()
    }
    for parameter in _parameters(result):
        if parameter["name"] == "resource":
            parameter["schema"].pop("enum", None)
            parameter.pop("description", None)
    return result


def _parameters(result: dict[str, Any]) -> Iterator[dict[str, Any]]:
    operations = (operation for path in result["paths"].values() for operation in path.values())
    return (parameter for operation in operations for parameter in operation.get("parameters", []))
