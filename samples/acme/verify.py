#!/usr/bin/env python3
"""Checks the sample company's files and prints what differs from day to day, as a Markdown table.

    python3 samples/acme/verify.py          # exit code 1 and a line for each thing that is wrong

It shares nothing with generate.py: it reads the committed files as a snapshot reader would, brings the three formats to one
model, and asks that they tell the same story. The table of README.md is its output.
"""

import collections
import json
import pathlib
import re
import sys
import unicodedata
import xml.etree.ElementTree as ElementTree

HERE = pathlib.Path(__file__).resolve().parent
DAYS = ("day-1", "day-2", "day-3-bad")
FORMATS = ("entra", "scim", "dsml")
PAGE_SIZES = {20, 50, 100, 200, 500, 999, 1000}
problems = []


def check(holds, text):
    if not holds:
        problems.append(text)


def read_json(path):
    def pairs(items):
        names = [name for name, _ in items]
        check(len(names) == len(set(names)), f"{path}: a key twice in one object: {names}")
        return dict(items)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=pairs)


def person(**fields):
    return {name: value or None for name, value in fields.items()} | {"active": fields["active"]}


def read_entra(folder):
    document = read_json(folder / "users.json")
    check(document["@odata.count"] == len(document["value"]), f"{folder}: count of users")
    users = {}
    for user in document["value"]:
        check(user["id"] not in users, f"{folder}: id twice {user['id']}")
        users[user["id"]] = person(
            userName=user["userPrincipalName"], displayName=user["displayName"], given=user["givenName"],
            family=user["surname"], title=user["jobTitle"], department=user["department"], mail=user["mail"],
            phone=(user["businessPhones"] or [None])[0], mobile=user["mobilePhone"], userType=user["userType"],
            number=user["employeeId"], manager=user.get("manager", {}).get("id"), active=user["accountEnabled"])
    document = read_json(folder / "groups.json")
    check(document["@odata.count"] == len(document["value"]), f"{folder}: count of groups")
    groups = {}
    for group in document["value"]:
        check(group["id"] not in groups, f"{folder}: id twice {group['id']}")
        members = read_json(folder / "members" / f"{group['id']}.json")["value"]
        for member in members:
            if member["@odata.type"] == "#microsoft.graph.user":
                check(member["userPrincipalName"] == users[member["id"]]["userName"], f"{folder}: stale member {member}")
        groups[group["id"]] = {"name": group["displayName"], "members": [member["id"] for member in members]}
    files = {path.stem for path in (folder / "members").iterdir()}
    check(files == set(groups), f"{folder}: files of members and groups differ: {files ^ set(groups)}")
    return users, groups


def read_scim(folder):
    extension = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
    users, groups, external = {}, {}, set()
    document = read_json(folder / "users.json")
    check(document["totalResults"] == document["itemsPerPage"] == len(document["Resources"]), f"{folder}: count of users")
    for user in document["Resources"]:
        check(user["id"] not in users, f"{folder}: id twice {user['id']}")
        check(user["externalId"] is None or user["externalId"] not in external, f"{folder}: externalId {user['externalId']}")
        external.add(user["externalId"])
        phones = {phone["type"]: phone["value"] for phone in user.get("phoneNumbers", [])}
        mails = {mail["type"]: mail["value"] for mail in user.get("emails", [])}
        enterprise = user.get(extension, {})
        users[user["id"]] = person(
            userName=user["userName"], displayName=user["displayName"], given=user["name"].get("givenName"),
            family=user["name"].get("familyName"), title=user.get("title"), department=enterprise.get("department"),
            mail=mails.get("work"), phone=phones.get("work"), mobile=phones.get("mobile"), userType=user["userType"],
            number=enterprise.get("employeeNumber"), manager=enterprise.get("manager", {}).get("value"),
            active=user["active"])
    document = read_json(folder / "groups.json")
    check(document["totalResults"] == document["itemsPerPage"] == len(document["Resources"]), f"{folder}: count of groups")
    for group in document["Resources"]:
        check(group["id"] not in groups, f"{folder}: id twice {group['id']}")
        groups[group["id"]] = {"name": group["displayName"], "members": [member["value"] for member in group["members"]]}
    for user in json.loads((folder / "users.json").read_text(encoding="utf-8"))["Resources"]:
        for membership in user.get("groups", []):
            check(user["id"] in groups[membership["value"]]["members"], f"{folder}: groups of {user['userName']}")
    return users, groups


def normalised_dn(text):
    return ",".join(part.strip().casefold() for part in re.split(r"(?<!\\),", unicodedata.normalize("NFC", text)))


def read_dsml(folder):
    space = "{urn:oasis:names:tc:DSML:2:0:core}"
    root = ElementTree.parse(folder / "directory.xml").getroot()
    check([code.get("code") for code in root.iter(f"{space}resultCode")] == ["0"], f"{folder}: result code")
    entries, by_dn = [], {}
    for entry in root.iter(f"{space}searchResultEntry"):
        values = collections.defaultdict(list)
        for attribute in entry.findall(f"{space}attr"):
            values[attribute.get("name")] += [value.text or "" for value in attribute.findall(f"{space}value")]
        dn = normalised_dn(entry.get("dn"))
        check(dn not in by_dn, f"{folder}: DN twice {dn}")
        by_dn[dn] = values["entryUUID"][0]
        entries.append(values)
    check(len(set(by_dn.values())) == len(by_dn), f"{folder}: entryUUID twice")
    users, groups = {}, {}
    for values in entries:
        one = lambda name: (values.get(name) or [None])[0]
        if "inetOrgPerson" in values["objectClass"]:
            manager = one("manager")
            users[one("entryUUID")] = person(
                userName=one("userPrincipalName"), displayName=one("displayName"), given=one("givenName"),
                family=one("sn"), title=one("title"), department=one("departmentNumber"), mail=one("mail"),
                phone=one("telephoneNumber"), mobile=one("mobile"), userType=one("employeeType"),
                number=one("employeeNumber"), manager=by_dn[normalised_dn(manager)] if manager else None,
                active=one("nsAccountLock") != "TRUE")
        elif "groupOfNames" in values["objectClass"]:
            members = [by_dn[normalised_dn(member)] for member in values["member"]]
            groups[one("entryUUID")] = {"name": one("cn"), "members": members}
    return users, groups


def in_scope(user):
    """The filter of the sample jobs."""
    ours = user["userType"] != "Guest" and user["department"] not in (None, "External Partners")
    return ours or "Contractor (approved)" in (user["title"] or "")


def check_references(label, users, groups):
    for user in users.values():
        check(user["manager"] is None or user["manager"] in users, f"{label}: manager of {user['userName']}")
    for group in groups.values():
        check(len(set(group["members"])) == len(group["members"]), f"{label}: a member twice in {group['name']}")
        check(len(group["members"]) not in PAGE_SIZES, f"{label}: {group['name']} is as long as a page")
        for member in group["members"]:
            check(member in users or member in groups, f"{label}: member {member} of {group['name']}")
    for kind, rows in (("user", users), ("group", groups)):
        check(len(rows) not in PAGE_SIZES, f"{label}: as many {kind}s as a page")
    names = [user["userName"].casefold() for user in users.values()]
    check(len(set(names)) == len(names), f"{label}: userName twice")


def story(users, groups):
    """One day without the format's own ids, for comparing the formats."""
    name = {key: user["userName"] for key, user in users.items()} | {key: group["name"] for key, group in groups.items()}
    people = {user["userName"]: user | {"manager": name.get(user["manager"])} for user in users.values()}
    for user in people.values():
        # A DSML entry must have an sn; where there is no family name the writer gives the displayName.
        user["family"] = user["family"] or user["displayName"]
    return people, {group["name"]: [name[member] for member in group["members"]] for group in groups.values()}


def outcome(user):
    return "absent" if user is None else "out of scope" if not in_scope(user) else "active" if user["active"] else "disabled"


CLASSES = {
    ("absent", "active"): ("create", "ABSENT", "hired"),
    ("disabled", "active"): ("create", "ABSENT", "returned: was disabled on day 1, so never had an account"),
    ("active", "absent"): ("deactivate", "SOURCE_MISSING", "left: not in the file"),
    ("active", "disabled"): ("deactivate", "DISABLED_SOURCE", "disabled in the source"),
    ("active", "out of scope"): ("deactivate", "OUT_OF_SCOPE", "moved out of scope"),
}


def differences(before, after):
    """Rows (class, who, what, situation) that a run over `after` should show when `before` was applied."""
    (users, groups), (later_users, later_groups) = before, after
    name = {key: user["displayName"] for day in (users, later_users) for key, user in day.items()}
    name |= {key: group["name"] for day in (groups, later_groups) for key, group in day.items()}
    rows = []
    for key in {**users, **later_users}:
        old, new = users.get(key), later_users.get(key)
        change = CLASSES.get((outcome(old), outcome(new)))
        changed = {field: (old[field], new[field]) for field in old if old[field] != new[field]} if old and new else {}
        show = lambda field, value: name.get(value, value) if field == "manager" else value
        text = "; ".join(f"{field} {show(field, a)} → {show(field, b)}" for field, (a, b) in changed.items() if field != "active")
        if change:
            rows.append((change[0], name[key], change[2] + (f" ({text})" if text else ""), change[1]))
        elif changed and outcome(new) == "active":
            rows.append(("rename" if "userName" in changed else "update", name[key], text, "CONFIRMED"))
    for key in {**groups, **later_groups}:
        old, new = groups.get(key), later_groups.get(key)
        if not old:
            rows.append(("create", f"group {new['name']}", "new group", "ABSENT"))
        elif old["name"] != new["name"]:
            rows.append(("rename", f"group {old['name']}", f"displayName {old['name']} → {new['name']}", "CONFIRMED"))

        # A membership can exist only where both ends have an account; until then it is deferred.
        def held(group, day):
            return [m for m in group["members"] if m not in day or outcome(day[m]) == "active"] if group else []

        a, b = held(old, users), held(new, later_users)
        for member in b:
            if member not in a:
                note = " (deferred until now)" if old and member in old["members"] else ""
                rows.append(("memberAdd", name[member], f"to {new['name']}{note}", ""))
        for member in old["members"] if old else []:
            if member in a and member not in b:
                still = member in new["members"]
                gone = member not in later_users
                note = " (the source still lists it; the account is deactivated)" if still else " (left)" if gone else ""
                change, word = ("(member stays listed)", "in") if still else ("memberRemove", "from")
                rows.append((change, name[member], f"{word} {new['name']}{note}", ""))
    order = ["rename", "create", "update", "memberAdd", "memberRemove", "(member stays listed)", "deactivate"]
    return sorted(rows, key=lambda row: order.index(row[0]))


def main():
    worlds = {}
    for form, read in zip(FORMATS, (read_entra, read_scim, read_dsml), strict=True):
        for day in DAYS:
            worlds[form, day] = read(HERE / form / day)
            check_references(f"{form}/{day}", *worlds[form, day])
    for day in DAYS:
        for form in FORMATS[1:]:
            ours, theirs = story(*worlds["entra", day]), story(*worlds[form, day])
            check(ours == theirs, f"{form}/{day} tells another story than entra/{day}")
    changes = [differences(worlds[form, "day-1"], worlds[form, "day-2"]) for form in FORMATS]
    check(changes[0] == changes[1] == changes[2], "the formats differ from day 1 to day 2")

    for day in DAYS:
        users, groups = worlds["entra", day]
        counts = collections.Counter(outcome(user) for user in users.values())
        owned = {key for key, user in users.items() if outcome(user) == "active"} | set(groups)
        memberships = sum(member in owned for group in groups.values() for member in group["members"])
        listed = sum(len(group["members"]) for group in groups.values())
        print(f"{day}: {len(users)} people ({dict(counts)}), {len(groups)} groups, {listed} memberships listed, "
              f"{memberships} of them possible")
    print("\n| Class | Who | What | Situation |\n|---|---|---|---|")
    for row in changes[0]:
        print("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |")
    print("\ncounts:", dict(collections.Counter(row[0] for row in changes[0])))

    bad = differences(worlds["entra", "day-2"], worlds["entra", "day-3-bad"])
    before, after = worlds["entra", "day-2"][0], worlds["entra", "day-3-bad"][0]
    population = sum(outcome(user) == "active" for user in before.values())
    lost = collections.Counter((row[0], row[3]) for row in bad)
    print(f"\nday 3: {len(after)} records instead of {len(before)} ({100 - 100 * len(after) / len(before):.1f} % fewer); "
          f"population {population}; {dict(lost)}")
    for problem in problems:
        print("WRONG:", problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
