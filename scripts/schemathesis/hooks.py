"""
What `npm test -- schemathesis` knows of Parley beyond its documents. Who calls, and what there is, stands in PARLEY_FUZZ
(create-ground.mjs).
"""

import json
import os
import secrets

import requests
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.failures import Failure
from schemathesis.graphql import nodes

fuzz = json.loads(os.environ["PARLEY_FUZZ"])

# Without their session all calls that follow would be refused, and would show nothing.
ends_its_caller = {
    "DELETE /api/v1/me",
    "POST /api/v1/me/password",
    "DELETE /api/v1/sessions/current",
    "DELETE /api/v1/sessions/{id}",
    "Mutation.signOut",
    "Mutation.endSession",
    "Mutation.deleteAccount",
    "Mutation.changePassword",
}


def sign_up():
    """An account that a call may end: the access token of a new session."""
    account = {"username": f"once-{secrets.token_hex(8)}", "password": fuzz["password"]}
    answer = requests.post(f"{fuzz['url']}/api/v1/accounts", json=account, timeout=30)
    answer.raise_for_status()
    return answer.json()["tokens"]["access"]


@schemathesis.auth(refresh_interval=None)
class Bearer:
    """The account of this run; an account of its own for a call that would end it."""

    def get(self, case, ctx):
        return sign_up() if case.operation.label in ends_its_caller else fuzz["token"]

    def set(self, case, token, ctx):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}


def same_in_every_run(value):
    """As Python's own hash is not."""
    return sum(str(value).encode("utf-8", "replace"))


@schemathesis.hook
def map_path_parameters(ctx, path_parameters):
    """Three of four are of something that is there: what is made up is unknown every time."""
    for start, known in fuzz["known"].items():
        if path_parameters and ctx.operation.path.startswith(start):
            for name in path_parameters.keys() & known.keys():
                if same_in_every_run(path_parameters[name]) % 4 > 0:
                    path_parameters[name] = known[name]
    return path_parameters


# What a document may name: mostly what is there. Without it hardly any call came further than its ids.
known_ids = [value for known in fuzz["known"].values() for name, value in known.items() if name != "seq"]
schemathesis.graphql.scalar("ID", st.sampled_from(known_ids).map(nodes.String))
schemathesis.graphql.scalar("DateTime", st.just("2026-01-31T12:00:00.000Z").map(nodes.String))


class RefusedWithoutReason(Failure):
    """Schema-valid input was refused for a reason that the document does not give."""


class NotOfTheTable(Failure):
    """A failure that docs/protocol/errors.md does not have."""


@schemathesis.check
def refusal_is_documented(ctx, response, case):
    """What no schema can say stands as an example of the operation's 400, word for word."""
    valid = case.meta is not None and case.meta.generation.mode.is_positive
    if is_graphql(case) or not valid or response.status_code not in (400, 413, 415):
        return
    answers = case.operation.definition.raw["responses"]
    content = answers.get(str(response.status_code), {}).get("content", {}).get("application/problem+json", {})
    said = response.json()["detail"]
    if said not in [example["value"]["detail"] for example in content.get("examples", {}).values()]:
        raise RefusedWithoutReason(
            operation=case.operation.label,
            title=f"Refused without a documented reason: {said}",
            message=f"{response.status_code} for what fits the schema, and no example of it in the document",
        )


@schemathesis.check
def failure_is_of_the_table(ctx, response, case):
    """Every failure has a code of the closed table, with its status. A path or method that nothing answers has none."""
    failures = graphql_failures(response) if is_graphql(case) else rest_failures(response)
    for code, status in failures:
        if code == "internal" or code not in fuzz["codes"] or status not in (None, fuzz["codes"][code]):
            raise NotOfTheTable(
                operation=case.operation.label,
                title=f"Not of the table: {code} with {status}",
                message=response.text[:500] if hasattr(response, "text") else "",
            )


def is_graphql(case):
    return case.operation.label.startswith(("Query.", "Mutation.", "RootQuery.", "RootMutation."))


def rest_failures(response):
    if response.status_code < 400 or response.status_code in (404, 405) and "code" not in response.json():
        return []
    return [(response.json().get("code"), response.status_code)]


def graphql_failures(response):
    """They say nothing of the HTTP status, which is that of the whole answer."""
    if response.status_code >= 500:
        return [("internal", response.status_code)]
    answer = response.json()
    # Veigo's clients get the words of the library for a document that does not fit the schema, and no code.
    if fuzz["document"] == "/gql" and "data" not in answer:
        return []
    return [(error.get("extensions", {}).get("code"), None) for error in answer.get("errors", [])]
