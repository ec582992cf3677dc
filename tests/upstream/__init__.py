"""An OpenAI-compatible upstream that answers by script, over real sockets.

`server.Upstream` is the server, `script` the language in which a test says what it does,
`answers` the scripts that most tests want, `fixtures` the pytest fixtures.
"""
