"""Runs one public SCIM suite against one endpoint and judges what it says.

    python suites.py scim2-tester|scim-sanity ENDPOINT.json

ENDPOINT.json is what `rollcall scim create --format json` printed. Ends with status 1 on a failed check, on a skipped one
that is not named here, and on a suite that checked less than it used to.
"""

import json
import subprocess
import sys

# Checks that may be skipped, and why.
JUSTIFIED_SKIPS = {
    "scim-sanity": {
        "Agent CRUD Lifecycle": "a draft's resource type (draft-abbey-scim-agent-extension); not offered",
        "AgenticApplication CRUD Lifecycle": "the same draft; not offered",
        "Agent Rapid Lifecycle": "the same draft; not offered",
    },
    "scim2-tester": {},
}

# Fewer passed checks than these mean that a suite stopped early.
PASSED_MIN = {"scim2-tester": 135, "scim-sanity": 28}


def scim2_tester(url, token):
    import httpx2
    from scim2_client.engines.httpx2 import SyncSCIMClient
    from scim2_tester import check_server

    http = httpx2.Client(base_url=url, headers={"Authorization": "Bearer " + token}, timeout=30)
    words = {"SUCCESS": "passed", "COMPLIANT": "passed", "ACCEPTABLE": "passed", "SKIPPED": "skipped"}
    for result in check_server(SyncSCIMClient(http)):
        title = " ".join(str(part) for part in (result.title, result.resource_type) if part)
        yield title, words.get(result.status.name, "failed"), result.reason or ""


def scim_sanity(url, token):
    command = ["scim-sanity", "probe", url, "--token", token, "--i-accept-side-effects", "--json-output"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=300)
    words = {"pass": "passed", "skip": "skipped"}
    for result in json.loads(said.stdout)["results"]:
        yield result["name"], words.get(result["status"], "failed"), result.get("message") or ""


def main():
    suite, path = sys.argv[1:]
    with open(path) as file:
        made = json.load(file)
    run = {"scim2-tester": scim2_tester, "scim-sanity": scim_sanity}[suite]
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    wrong = []
    for title, outcome, reason in run(made["endpointUrl"], made["token"]):
        counts[outcome] += 1
        why = JUSTIFIED_SKIPS[suite].get(title) if outcome == "skipped" else None
        if why:
            print(f"{suite}: skipped {title}: {why}")
        elif outcome != "passed":
            wrong.append(title)
            print(f"{suite}: {outcome} {title}: {reason}")
    print(f"{suite}: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    if counts["passed"] < PASSED_MIN[suite]:
        sys.exit(f"{suite}: only {counts['passed']} checks passed, {PASSED_MIN[suite]} are expected: did it stop early?")
    if wrong:
        sys.exit(f"{suite}: {len(wrong)} checks did not pass")


main()
