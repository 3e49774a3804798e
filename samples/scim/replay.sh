#!/bin/bash
# Sends the requests of conversations to an endpoint and compares the statuses of the answers.
#
#   TOKEN=rc_... samples/scim/replay.sh URL FILE...
#
# URL is the endpoint's, as 'rollcall scim create' printed it. Ends with 1 where a status is not the expected one.
set -u
url=${1:?the URL of the endpoint}
: "${TOKEN:?the bearer token of the endpoint}"
shift
failed=0

# Names in double braces become the ids that the endpoint gave.
fill() {
    local text=$1 name
    for name in "${!ids[@]}"; do text=${text//"{{$name}}"/${ids[$name]}}; done
    printf %s "$text"
}

send() {
    [ -n "$method" ] || return 0
    local answer status options=(--silent --show-error --request "$method" --write-out '\n%{http_code}')
    [ -z "$body" ] || options+=(--data-binary "$(fill "$body")")
    # The token goes through a pipe, since arguments are seen by everybody on the machine.
    answer=$(curl --header @<(printf 'Authorization: Bearer %s' "$TOKEN") \
        "${options[@]}" "${headers[@]}" "$url$(fill "$target")")
    status=${answer##*$'\n'}
    if [ "$status" = "$expected" ]; then
        printf 'ok    %s  %s\n' "$status" "$title"
    else
        printf 'WRONG %s instead of %s  %s\n%s\n' "$status" "$expected" "$title" "$answer"
        failed=1
    fi
    if [[ $wanted =~ \"id\":\ *\"\{\{([A-Za-z0-9]+)\}\}\" ]]; then
        local name=${BASH_REMATCH[1]}
        [[ $answer =~ \"id\":\"([^\"]*)\" ]] && ids[$name]=${BASH_REMATCH[1]}
    fi
}

for file in "$@"; do
    unset ids
    declare -A ids=()
    method='' part=''
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '### '*)
            send
            title=${line#'### '} method='' target='' headers=() body='' expected='' wanted='' part=request
            continue ;;
        'HTTP '*) [ "$part" = '' ] || { expected=${line#'HTTP '} part=answer; continue; } ;;
        STATE) part='' ;;
        esac
        case $part in
        request) [[ $line == [A-Z]*' '* ]] && read -r method target <<<"$line" && part=headers ;;
        headers) if [ -n "$line" ]; then headers+=(--header "$line"); else part=body; fi ;;
        body) [ -z "$line" ] || body+=$line$'\n' ;;
        answer) wanted+=$line ;;
        esac
    done <"$file"
    send
done
exit "$failed"
