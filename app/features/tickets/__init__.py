"""Work for the town: grouping, routing, tickets, queues, the desk."""
