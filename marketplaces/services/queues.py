"""Events from a message queue: received, stored, committed, and only then deleted there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from django.db import transaction

from marketplaces.models import Account, AccountStatus
from marketplaces.services import events

MESSAGES = 10
WAIT_S = 10


def accounts() -> list[Account]:
    """Active accounts of this client whose settings name a queue."""
    found = Account.objects.filter(status=AccountStatus.ACTIVE).prefetch_related("credentials").order_by("pk")
    return [account for account in found if account.settings.get("queue_url")]


def connect(account: Account) -> Any:
    """A queue client for the account: its own keys where it has some, else those of the machine.

    `queue_endpoint` in the settings replaces the queue's host (the simulated world).
    """
    settings: Mapping[str, str] = account.settings
    secrets = {credential.name: credential.value for credential in account.credentials.all()}
    endpoint = settings.get("queue_endpoint") or None
    key = secrets.get("queue_access_key") or ("local" if endpoint else None)
    secret = secrets.get("queue_secret_key") or ("local" if endpoint else None)
    return boto3.client(
        "sqs",
        region_name=settings.get("queue_region", "eu-west-1"),
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=Config(connect_timeout=5, read_timeout=WAIT_S + 10, retries={"max_attempts": 1}),
    )


def drain(account: Account, queue: Any, *, wait_s: int = WAIT_S) -> int:
    """One long poll: store what came, commit, then acknowledge; returns how many messages were taken."""
    url = account.settings["queue_url"]
    answer = queue.receive_message(QueueUrl=url, MaxNumberOfMessages=MESSAGES, WaitTimeSeconds=wait_s)
    messages = answer.get("Messages", [])
    for message in messages:
        with transaction.atomic():
            events.receive(account, message["Body"].encode(), {})
        queue.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return len(messages)
