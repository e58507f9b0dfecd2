"""RQ: runtime, queues, relay (outbox to RQ), schedule, handlers."""
