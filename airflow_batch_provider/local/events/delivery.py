"""Brings events to the queues and topics of moto, in this process."""

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
    Delivers texts to SQS queues and SNS topics of one account; topics pass them on to their queues.

    Everything else is named in the log, once each.
    """

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._told: set[str] = set()

    def deliver(self, target: Mapping[str, Any], text: str) -> None:
        arn = str(target["Arn"])
        service, region, name = _parts(arn)
        if service == "sqs":
            self._send(region, name, text, target.get("SqsParameters", {}).get("MessageGroupId"))
        elif service == "sns":
            self._publish(arn, region, text)
        else:
            self._tell(arn, "only SQS and SNS are served")

    def _send(self, region: str, name: str, text: str, group_id: str | None = None) -> None:
        from moto.sqs.models import Message, sqs_backends

        backend = sqs_backends[self._account_id][region]
        queue: Any = backend.queues.get(name)
        if queue is None:
            self._tell(f"{region}/{name}", "there is no such queue")
            return
        if queue.fifo_queue:
            backend.send_message(name, text, group_id=group_id)
            return
        # What send_message does for such a queue, without counting all messages in it.
        message = Message(str(uuid4()), text)
        message.mark_sent(delay_seconds=queue.delay_seconds)
        queue.add_message(message)

    def _publish(self, arn: str, region: str, text: str) -> None:
        from moto.sns.models import sns_backends

        backend = sns_backends[self._account_id][region]
        if arn not in backend.topics:
            self._tell(arn, "there is no such topic")
            return
        message_id = str(uuid4())
        for subscription in list(backend.subscriptions.values()):
            if subscription.topic_arn == arn and _wants(subscription.attributes, text):
                self._notify(arn, subscription, message_id, text)

    def _notify(self, arn: str, subscription: Any, message_id: str, text: str) -> None:
        if subscription.protocol != "sqs":
            self._tell(f"{arn} to {subscription.protocol}", "only subscriptions of SQS queues are served")
            return
        _, region, name = _parts(subscription.endpoint)
        is_raw = subscription.attributes.get("RawMessageDelivery")
        body = text if is_raw else _notification(arn, region, subscription.arn, message_id, text)
        self._send(region, name, body)

    def _tell(self, what: str, why: str) -> None:
        if what not in self._told:
            self._told.add(what)
            log.warning("no events are delivered to %s: %s", what, why)


def _parts(arn: str) -> tuple[str, str, str]:
    """Return service, Region and name."""
    _, _, service, region, _, name = arn.split(":", 5)
    return service, region, name


def _wants(attributes: Mapping[str, Any], text: str) -> bool:
    """Tell whether a subscription's filter policy lets a message through; it has no attributes."""
    policy = json.loads(attributes.get("FilterPolicy") or "{}")
    if not policy:
        return True
    try:
        seen = json.loads(text) if attributes.get("FilterPolicyScope") == BODY_SCOPE else {}
        return compile_pattern(policy)(seen)
    except (PatternError, ValueError):
        return False


def _notification(arn: str, region: str, subscription_arn: str, message_id: str, text: str) -> str:
    """Wrap a message as SNS does; the signature is not a real one."""
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
