"""The REST interface: who gets in, and its schema."""

import json
from collections import Counter

import pytest
from django.test import Client
from ninja import Schema

from atoll_web import security
from atoll_web.accounts.models import User
from atoll_web.accounts.services import create_token
from atoll_web.api import api
from atoll_web.purchasing.models import PurchaseOrder
from atoll_web.sales.models import Order

# Who gets in


def test_nobody_gets_in_without_token_or_session(company, client):
    for response in (client.get("/api/v1/orders"), client.post("/api/v1/orders", {}, content_type="application/json")):
        assert response.status_code == 401
        assert response.json()["code"] == "not-signed-in"
        assert "Bearer" in response.json()["hint"]


def test_a_wrong_token_is_refused_even_beside_a_session(company, signed_in):
    response = signed_in("sales").get("/api/v1/me", headers={"Authorization": "Bearer atoll_wrong"})
    assert response.status_code == 401
    assert "revoked" in response.json()["message"]


def test_a_session_may_read_and_needs_a_csrf_token_to_write(company):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(username="sales"))
    assert browser.get("/api/v1/me").json()["username"] == "sales"

    refused = browser.post("/api/v1/tokens", {"name": "shop"}, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf-failed")

    browser.cookies["csrftoken"] = "a" * 32
    accepted = browser.post(
        "/api/v1/tokens", {"name": "shop"}, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert accepted.status_code == 201


def test_a_token_needs_no_csrf_token(company):
    secret = create_token(user=User.objects.get(username="sales"), name="shop").secret
    strict = Client(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {secret}"})
    assert strict.post("/api/v1/inquiries", {"model": "DL"}, content_type="application/json").status_code == 200


def test_a_program_cannot_make_itself_another_token(program):
    assert program("sales").post("/tokens", {"name": "other"}, expect=401)["code"] == "not-signed-in"


def test_a_user_makes_sees_and_revokes_his_own_tokens(company, signed_in):
    browser = signed_in("sales")
    secret = browser.post("/api/v1/tokens", {"name": "shop"}, content_type="application/json").json()["secret"]
    listed = browser.get("/api/v1/tokens").json()
    assert [token["name"] for token in listed] == ["shop"]
    assert secret not in json.dumps(listed)

    bearer = Client(headers={"Authorization": f"Bearer {secret}"})
    assert bearer.get("/api/v1/me").status_code == 200
    assert browser.post("/api/v1/tokens/shop/revoke").json()["revoked_at"] is not None
    assert bearer.get("/api/v1/me").status_code == 401


def test_me_names_roles_and_what_they_may_do(program):
    answer = program("buyer").get("/me")
    assert answer["roles"] == ["buyer"]
    assert answer["capabilities"] == ["purchase", "receive"]


@pytest.mark.parametrize(
    ("role", "path", "body", "takes"),
    [
        ("buyer", "/orders", {"customer": "MUELLER", "lines": [{"model": "DL"}]}, "sales"),
        ("assembler", "/orders/SO-1/cancel", {}, "sales"),
        ("sales", "/purchase-orders", {"wanted": [{"item": "HEAD-S", "quantity": 5}]}, "buyer"),
        ("sales", "/purchase-orders/PO-1/receive", {"deliveries": [{"line": 1, "quantity": 1}]}, "warehouse"),
        ("sales", "/plans", {}, "planner"),
        ("sales", "/items/HEAD-S/count", {"counted": 3}, "warehouse"),
        ("sales", "/assembly-orders", {"lines": ["SO-1/1"]}, "planner"),
        ("assembler", "/shipments", {"lines": ["SO-1/1"]}, "warehouse"),
    ],
)
def test_writing_takes_the_role(program, role, path, body, takes):
    refused = program(role).post(path, body, expect=403)
    assert refused["code"] == "not-allowed"
    assert takes in refused["message"]
    assert not Order.objects.exists()
    assert not PurchaseOrder.objects.exists()


# Documents


def test_no_two_documents_of_the_interface_have_one_name() -> None:
    """OpenAPI would describe both as the first."""
    assert api.urls  # all of them are imported
    schemas = [Schema]
    for schema in schemas:  # which grow while they are gone through
        schemas += schema.__subclasses__()
    places = {(schema.__module__, schema.__name__) for schema in schemas if schema.__module__.startswith("atoll_web")}
    names = Counter(name for _, name in places)
    assert [name for name, times in names.items() if times > 1] == []


def test_the_schema_describes_every_operation_and_its_refusals(company, signed_in):
    schema = signed_in("sales").get("/api/v1/openapi.json").json()
    assert api.get_openapi_schema() is api.get_openapi_schema()  # it takes a second to make
    operations = [operation for path in schema["paths"].values() for operation in path.values()]
    assert len(operations) >= 30
    assert all(operation["description"] for operation in operations)
    assert all("401" in operation["responses"] for operation in operations)
    assert list(schema["paths"]["/api/v1/quotes/{number}/pdf"]["get"]["responses"]["200"]["content"]) == ["application/pdf"]
    enter = schema["paths"]["/api/v1/orders"]["post"]
    assert enter["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/Refusal")
    assert "Idempotency-Key" in [parameter["name"] for parameter in enter["parameters"]]
    assert schema["components"]["schemas"]["InquiryOut"]["properties"]["unit_price"]["type"] == "string"
    parts = schema["components"]["schemas"]
    assert {name for name, part in parts.items() if not part.get("description") and not name.startswith("Paged")} == set()


def test_the_pages_of_the_schema_keep_to_the_policy_without_inline_scripts(company, signed_in):
    response = signed_in("sales").get("/api/v1/docs")
    assert response.status_code == 200
    assert response.headers["Content-Security-Policy"].startswith(f"default-src {security.POLICY['default-src']}")
    page = response.content.decode()
    for script in page.split("<script")[1:]:
        tag, _, content = script.partition(">")
        assert "application/json" in tag or ("src=" in tag and not content.partition("</script>")[0].strip())
    assert "https://" not in page
    assert "<style" not in page


def test_the_schema_is_for_those_who_are_signed_in_or_have_a_token(program, client):
    assert client.get("/api/v1/docs").status_code == 302
    assert client.get("/api/v1/openapi.json", headers={"Authorization": "Bearer atoll_wrong"}).status_code == 302
    assert program("sales").get("/openapi.json")["info"]["title"] == "Atoll"
