"""Real input: files of what people said elsewhere, brought in as if each row had arrived in its own time.

`mapping` says how a file is read, `files` and `rows` read it, `staging` puts it beside the tables and checks it there,
`history` knows which tickets were open then, `writing` keeps a batch, `running` goes from one end to the other.
It stands above the features, which know nothing of it.
"""
