"""Who acts: accounts, roles, memberships, tokens."""
