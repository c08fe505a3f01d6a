complete --keep-order --exclusive --command configapi --arguments "(_CONFIGAPI_COMPLETE=fish configapi -- (commandline --current-process --tokenize --cut-at-cursor) (commandline --current-token))"
