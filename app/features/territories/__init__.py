"""Where: territories, zones, services, categories, rules, town packs."""
