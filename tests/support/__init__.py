"""What tests stand on: ephemeral servers, a browser, the machine's programs."""
