"""The embedded stack: private PostgreSQL with PostGIS, Redis-protocol server, our processes, supervised.

`embedded` says what runs, `supervisor` keeps it running, `provision` finds or fetches the servers, `commands`
is what a person types. Linux only: it reads `/proc`.
"""
