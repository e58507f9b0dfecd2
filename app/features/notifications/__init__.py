"""What leaves the house: mails, each sent once, with its result kept."""
