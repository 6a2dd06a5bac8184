"""Delivers events to moto's SQS queues and SNS topics in this process."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

from airflow_batch_provider.local.events.pattern import PatternError, compile_pattern

log = logging.getLogger(__name__)

BODY_SCOPE: Final = "MessageBody"


class Delivery:
    """
    Delivers messages to the SQS queues and SNS topics of one account; topics forward them to their queues.

    Other targets and subscriptions are logged once each and skipped.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._warned: set[str] = set()

    def deliver(self, target: Mapping[str, Any], text: str) -> None:
        arn = str(target["Arn"])
        service, region, name = _parts(arn)
        if service == "sqs":
            self._send(region, name, text, target.get("SqsParameters", {}).get("MessageGroupId"))
        elif service == "sns":
            self._publish(arn, region, text)
        else:
            self._warn(arn, "only SQS and SNS targets are supported")

    def _send(self, region: str, name: str, text: str, group_id: str | None = None) -> None:
        from moto.sqs.models import Message, sqs_backends

        backend = sqs_backends[self._account_id][region]
        queue: Any = backend.queues.get(name)
        if queue is None:
            self._warn(f"{region}/{name}", "the queue does not exist")
            return
        if queue.fifo_queue:
            backend.send_message(name, text, group_id=group_id)
            return
        # The same as send_message for a standard queue, which would count all messages in the queue first.
        message = Message(str(uuid4()), text)
        message.mark_sent(delay_seconds=queue.delay_seconds)
        queue.add_message(message)

    def _publish(self, arn: str, region: str, text: str) -> None:
        from moto.sns.models import sns_backends

        backend = sns_backends[self._account_id][region]
        if arn not in backend.topics:
            self._warn(arn, "the topic does not exist")
            return
        message_id = str(uuid4())
        for subscription in list(backend.subscriptions.values()):
            if subscription.topic_arn == arn and _wants(subscription.attributes, text):
                self._notify(arn, subscription, message_id, text)

    def _notify(self, arn: str, subscription: Any, message_id: str, text: str) -> None:
        if subscription.protocol != "sqs":
            self._warn(f"{arn} to {subscription.protocol}", "only SQS subscriptions are supported")
            return
        _, region, name = _parts(subscription.endpoint)
        is_raw = subscription.attributes.get("RawMessageDelivery")
        body = text if is_raw else _notification(arn, region, subscription.arn, message_id, text)
        self._send(region, name, body)

    def _warn(self, what: str, why: str) -> None:
        if what not in self._warned:
            self._warned.add(what)
            log.warning("events are not delivered to %s: %s", what, why)


def _parts(arn: str) -> tuple[str, str, str]:
    """Return the service, the Region and the name in an ARN."""
    _, _, service, region, _, name = arn.split(":", 5)
    return service, region, name


def _wants(attributes: Mapping[str, Any], text: str) -> bool:
    """Return whether a message passes a subscription's filter policy; messages here have no attributes."""
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    if not policy:
        return True
    try:
        seen = json.loads(text) if attributes.get("FilterPolicyScope") == BODY_SCOPE else {}
        return compile_pattern(policy)(seen)
    except (PatternError, ValueError):
        return False


def _notification(arn: str, region: str, subscription_arn: str, message_id: str, text: str) -> str:
    """Wrap a message in SNS's envelope, with a placeholder for the signature."""
    now = datetime.now(UTC)
    host = f"https://sns.{region}.amazonaws.com"
    return json.dumps(
        {
            "Type": "Notification",
            "MessageId": message_id,
            "TopicArn": arn,
            "Message": text,
            "Timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}Z",
            "SignatureVersion": "1",
            "Signature": "not-signed-locally",
            "SigningCertURL": f"{host}/SimpleNotificationService.pem",
            "UnsubscribeURL": f"{host}/?Action=Unsubscribe&SubscriptionArn={subscription_arn}",
        }
    )
