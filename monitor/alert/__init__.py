"""From what changed to what the owning team reads: messages, Slack, the outbox."""
