
set edit:completion:arg-completer[configapi] = { |@words|
    var index = (count $words)
    set index = (- $index 1)

    put (env _CLAP_IFS="\n" _CLAP_COMPLETE_INDEX=(to-string $index) _CONFIGAPI_COMPLETE="elvish" configapi -- $@words) | to-lines
}

