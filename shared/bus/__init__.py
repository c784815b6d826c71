"""The bus: how an outbox row of one service reaches the inboxes of the others."""
