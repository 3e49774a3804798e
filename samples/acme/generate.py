#!/usr/bin/env python3
"""Writes the sample company Acme: the same people on three days in three export formats.

    python3 samples/acme/generate.py        # rewrites entra/, scim/ and dsml/ beside this file

Only the standard library; no clock, no randomness: the output is the same byte for byte on every machine, and is committed
together with this file. `verify.py` beside it reads the files back, independently of the tables below, and prints what differs
from day to day.

How it works: `PEOPLE` and `GROUPS` are day 1. `day_2` and `day_3_bad` change a copy of the day before. Each of the three writers
turns a day into files, with the ids that such a source would have (a person has another id in each format).
"""

import base64
import copy
import json
import pathlib
import unicodedata
import uuid
from xml.sax.saxutils import escape, quoteattr

HERE = pathlib.Path(__file__).resolve().parent
DOMAIN = "acme.example"

# ---------------------------------------------------------------------------------------------------------------------
# Day 1
# ---------------------------------------------------------------------------------------------------------------------

# login | given | family | title | department | manager | number | city | country | language | hired | work phone | mobile
#
# The login is also the key under which this file knows the person, even after a rename. An empty cell is "the source has none".
# Nobody outside Operations and Customer Support reports to somebody inside: day 3 loses exactly these two departments.
PEOPLE = """
isandstrom | Ingrid | Sandström | Chief Executive Officer | Management | | 10012 | Stockholm | SE | sv-SE | 2011-01-10 | +46 8 555 0100 | +46 70 555 01 00
therrera | Tomás | Herrera | Chief Operating Officer | Management | isandstrom | 10013 | Madrid | ES | es-ES | 2012-06-04 | +34 91 555 01 13 |
bvandervelde | Beatrix | van der Velde | General Counsel | Management | isandstrom | 10014 | Utrecht | NL | nl-NL | 2013-02-01 | +31 30 555 0114 |
aokafor | Amara | Okafor-Lindqvist | Director of IT | Information Technology | isandstrom | 10001 | Stockholm | SE | sv-SE | 2014-03-03 | +46 8 555 0101 | +46 70 555 01 01
jnunez | José | Ñúñez Peña | Systems Engineer | Information Technology | aokafor | 10002 | Sevilla | ES | es-ES | 2017-09-18 | +34 955 55 01 02 |
ydemir | Yusuf | Demir | Network Engineer | Information Technology | aokafor | 10015 | İzmir | TR | tr-TR | 2018-05-07 | | +90 532 555 01 15
fmacleod | Fiona | MacLeod | Service Desk Lead | Information Technology | aokafor | 10016 | Glasgow | GB | en-GB | 2016-08-22 | +44 141 555 0116 |
kboateng | Kwame | Boateng | Site Reliability Engineer | Information Technology | aokafor | 10018 | Accra | GH | en-GH | 2021-03-15 | | +233 20 555 0118
llindqvist | Linnéa | Lindqvist | IT Support Technician | Information Technology | fmacleod | 10019 | Malmö | SE | sv-SE | 2023-08-14 | |
zobrien | Zoë | O'Brien-Müller | Head of R&D | R&D | isandstrom | 10005 | München | DE | de-DE | 2015-11-02 | +49 89 5550105 |
mtanaka | 美咲 | 田中 | プロダクトデザイナー | R&D | zobrien | 10003 | 大阪市 | JP | ja-JP | 2019-04-01 | | +81 90-5555-0103
hnguyen | Hương | Nguyễn Thị | Data Analyst | R&D | zobrien | 10006 | Đà Nẵng | VN | vi-VN | 2022-06-15 | |
rchatelain | Renée | Châtelain | Ingénieure logiciel | R&D | zobrien | 10020 | Orléans | FR | fr-FR | 2018-10-01 | +33 2 55 55 01 20 |
crossi | Chiara | Rossi | Build Engineer | R&D | zobrien | 10021 | Torino | IT | it-IT | 2020-02-17 | | +39 347 555 0121
pnovak | Petr | Novák | Senior Developer <Core & Tools> | R&D | zobrien | 10022 | Brno | CZ | cs-CZ | 2016-04-11 | +420 555 010 122 |
aisaksen | Astrid | Isaksen | Research Scientist | R&D | zobrien | 10023 | Tromsø | NO | nb-NO | 2019-09-02 | |
dkowalczyk | Dagmara | Kowalczyk | QA Engineer | R&D | pnovak | 10024 | Gdańsk | PL | pl-PL | 2021-11-22 | |
gpapadaki | Γεωργία | Παπαδάκη | Μηχανικός λογισμικού | R&D | pnovak | 10025 | Ηράκλειο | GR | el-GR | 2022-01-10 | |
isokolova | Ирина | Соколова | Technical Writer "Docs & Samples" | R&D | pnovak | 10026 | Narva | EE | ru-EE | 2023-05-02 | |
skjaer | Søren | Ærø Kjær | Payroll Specialist | Finance | hmwangi | 10004 | Århus | DK | da-DK | 2020-01-06 | | +45 55 55 01 04
hmwangi | Halima | Mwangi | Finance Director | Finance | isandstrom | 10027 | Nairobi | KE | en-KE | 2014-09-08 | +254 20 555 0127 |
jdubois | Jean-Luc | Dubois | Controller | Finance | hmwangi | 10028 | Namur | BE | fr-BE | 2017-01-16 | +32 81 55 01 28 |
rsilva | Rafael | da Silva Júnior | Accounts Payable Clerk | Finance | jdubois | 10029 | Recife | BR | pt-BR | 2021-07-05 | |
mhorvath | Márta | Horváth | Accounts Receivable Clerk | Finance | jdubois | 10030 | Szeged | HU | hu-HU | 2022-03-28 | |
okarlsen | Olga | Karlsen | Treasury Analyst | Finance | hmwangi | 10031 | Bergen | NO | nb-NO | 2019-06-11 | |
wzhang | 伟 | 张 | Tax Accountant | Finance | hmwangi | 10032 | 宁波市 | CN | zh-CN | 2020-10-19 | |
eschneider | Elke | Schneider | Head of Sales | Sales | isandstrom | 10033 | Köln | DE | de-DE | 2013-05-13 | +49 221 5550133 | +49 171 5550133
praghu | Priya | Raghunathan | Account Executive | Sales | eschneider | 10007 | Chennai | IN | en-IN | 2016-02-29 | +91 44 5550 0107 |
obrandt | Oliver | Brandt | Account Executive | Sales | eschneider | 10034 | Hamburg | DE | de-DE | 2019-02-04 | |
vpetrov | Viktor | Petrov | Channel Sales Manager | Sales | eschneider | 10035 | Варна | BG | bg-BG | 2018-03-19 | +359 52 555 135 |
ncohen | נועה | כהן | Sales Engineer | Sales | eschneider | 10036 | חיפה | IL | he-IL | 2021-05-09 | |
fbianchi | Federico | Bianchi | Account Manager, EMEA/South | Sales | eschneider | 10037 | Bologna | IT | it-IT | 2022-09-12 | |
scharles | Solange | Charles | Sales Operations Analyst | Sales | eschneider | 10038 | Cayenne | GF | fr-FR | 2024-01-15 | |
sukarto | | Sukarto | Warehouse Lead | Operations | therrera | 10008 | Surabaya | ID | id-ID | 2021-10-04 | |
lzolc | Łukasz | Żółć | Night Operator | Operations | sukarto | 00017 | Łódź | PL | pl-PL | 2023-01-09 | |
ahassan | علي | حسن | Translator | Operations | sukarto | 10010 | عمّان | JO | ar-JO | 2025-12-01 | |
lhansen | Lars | Hansen | Logistics Planner | Operations | therrera | 10039 | Odense | DK | da-DK | 2015-04-07 | +45 65 55 01 39 | +45 20 55 01 39
mokonkwo | Maduka | Okonkwo | Forklift Operator | Operations | sukarto | 10040 | Gävle | SE | sv-SE | 2022-11-14 | |
tvirtanen | Tuukka | Virtanen | Night Operator | Operations | sukarto | 10041 | Turku | FI | fi-FI | 2020-08-31 | |
agarcia | Ana María | García López | Procurement Officer | Operations | lhansen | 10042 | Valencia | ES | es-ES | 2018-01-08 | |
bkim | 보라 | 김 | Quality Inspector | Operations | lhansen | 10043 | 부산 | KR | ko-KR | 2023-03-06 | |
jsmith | John | Smith | Fleet Coordinator | Operations | lhansen | 10044 | Leeds | GB | en-GB | 2019-07-22 | |
jsmith2 | John | Smith | Dispatcher | Operations | lhansen | 10045 | Cork | IE | en-IE | 2024-02-26 | |
dmarkovic | Dragana | Marković | Facilities Manager | Operations | therrera | 10046 | Niš | RS | sr-RS | 2017-03-13 | |
eoliveira | Eduarda | Oliveira | Returns Clerk | Operations | sukarto | 10047 | Braga | PT | pt-PT | 2024-09-02 | |
hjonsdottir | Hildur | Jónsdóttir | Cold Store Operator | Operations | sukarto | 10048 | Akureyri | IS | is-IS | 2021-01-18 | |
cdawson | Caroline | Dawson | Head of Customer Support | Customer Support | therrera | 10049 | Bristol | GB | en-GB | 2014-11-17 | +44 117 555 0149 |
rpatel | Rohan | Patel | Support Team Lead | Customer Support | cdawson | 10050 | Pune | IN | en-IN | 2017-12-11 | |
mlaurent | Margaux | Laurent | Support Specialist | Customer Support | cdawson | 10051 | Lyon | FR | fr-FR | 2020-04-20 | |
snakamura | 翔 | 中村 | Support Specialist | Customer Support | rpatel | 10052 | 札幌市 | JP | ja-JP | 2021-06-01 | |
tadeyemi | Temitope | Adéyẹmí | Support Specialist | Customer Support | rpatel | 10053 | Ìbàdàn | NG | en-NG | 2022-02-14 | |
kpopescu | Ștefan | Popescu-Țurcanu | Support Specialist | Customer Support | rpatel | 10054 | Iași | RO | ro-RO | 2022-10-03 | |
iwilliams | Imogen | Williams | Support Specialist | Customer Support | cdawson | 10055 | Cardiff | GB | cy-GB | 2023-04-17 | |
jperez | Jimena | Pérez | Support Specialist | Customer Support | cdawson | 10056 | Mérida | MX | es-MX | 2023-09-25 | |
nkaya | Nilüfer | Kaya | Knowledge Base Editor | Customer Support | cdawson | 10057 | Eskişehir | TR | tr-TR | 2024-06-10 | |
gwells | Gareth | Wells | Support Specialist (Nights) | Customer Support | rpatel | 10058 | Swansea | GB | en-GB | 2025-02-03 | |
cbergmann | Clara | Bergmann | Head of Human Resources | Human Resources | isandstrom | 10059 | Zürich | CH | de-CH | 2016-06-01 | +41 44 555 01 59 | +41 79 555 01 59
sfernando | Sanduni | Fernando | HR Business Partner | Human Resources | cbergmann | 10060 | Galle | LK | en-LK | 2020-07-13 | |
blefevre | Baptiste | Lefèvre | Recruiter | Human Resources | cbergmann | 10061 | Lille | FR | fr-FR | 2023-10-16 | |
rcastell | Robin | Castellanos | Illustrator – Contractor (approved) | | | 10011 | | | | 2024-05-20 | |
dwhitcombe | Dana | Whitcombe | Site Auditor – Contractor (approved) | External Partners | therrera | 90001 | Dover | GB | en-GB | 2025-05-05 | |
gachterberg | Gabriël | Achterberg | Partner Liaison | External Partners | vpetrov | 90002 | Breda | NL | nl-NL | 2024-11-04 | |
noor | | | | | | | | | | 2024-05-20 | |
svc-backup | | | | | | | | | | 2020-02-02 | |
"""

# key: (name on day 1, description, created, members as logins, or as group keys with a leading @)
#
# The number of members of a group must not be the size of a page (20, 50, 100, ...): a reader rightly distrusts such a list.
GROUPS = {
    "all-staff": (
        "All Staff", "Everyone on payroll", "2014-03-03",
        "isandstrom therrera bvandervelde skjaer hmwangi jdubois rsilva mhorvath okarlsen wzhang cbergmann sfernando blefevre "
        "rcastell @it @rnd @crm @operations @support"),
    "it": (
        "Information Technology", None, "2014-03-03", "aokafor jnunez ydemir fmacleod kboateng llindqvist"),
    "rnd": (
        "R&D", "Research <core> & development", "2015-11-02",
        "zobrien mtanaka hnguyen rchatelain crossi pnovak aisaksen dkowalczyk gpapadaki isokolova"),
    "rnd-on-call": (
        "R&D On-call", "Pager rota", "2019-01-07", "jnunez kboateng rchatelain pnovak"),
    # The CRM is for Sales, and for a guest who has no account with us: his membership waits (deferred).
    # So does that of Priya Raghunathan, who is disabled on day 1.
    "crm": (
        "CRM Users", None, "2016-05-09", "eschneider praghu obrandt vpetrov ncohen fbianchi scharles noor"),
    "operations": (
        "Operations – Lager/Nacht", None, "2017-03-13",
        "sukarto lzolc ahassan lhansen mokonkwo tvirtanen agarcia bkim jsmith jsmith2 dmarkovic eoliveira hjonsdottir "
        "@rnd-on-call"),
    "support": (
        "Customer Support", None, "2014-11-17",
        "cdawson rpatel mlaurent snakamura tadeyemi kpopescu iwilliams jperez nkaya gwells"),
    # A comma in a name is a backslash in a DN.
    "works-council": (
        "Works Council, Stockholm", None, "2018-02-26", "fmacleod dmarkovic aisaksen"),
    "vpn-pilot": (
        "VPN Pilot (empty)", "No members yet", "2025-11-03", ""),
}


def people_day_1():
    """The table above as {key: person}, with what does not fit into a table."""
    people = {}
    fields = ("given", "family", "title", "department", "manager", "number", "city", "country", "language", "hired",
              "phone", "mobile")
    for line in PEOPLE.strip().splitlines():
        key, *cells = [cell.strip() or None for cell in line.split("|")]
        person = dict(zip(fields, cells, strict=True))
        person.update(
            login=key, userName=f"{key}@{DOMAIN}", mail=f"{key}@{DOMAIN}", aliases=[], privateMail=None, enabled=True,
            userType="Member", left=None, modified="2026-01-12", lockSeen=False,
            displayName=" ".join(part for part in (person["given"], person["family"]) if part))
        people[key] = person

    # East Asian names are written family name first.
    for key in ("mtanaka", "wzhang", "snakamura"):
        people[key]["displayName"] = f"{people[key]['family']} {people[key]['given']}"
    people["bkim"]["displayName"] = "김보라"
    people["hnguyen"]["displayName"] = "Nguyễn Thị Hương"
    people["aokafor"]["aliases"] = [f"amara@{DOMAIN}"]
    people["jnunez"]["privateMail"] = "jose.private@example.net"
    people["rcastell"]["displayName"] = "Robin 🚀 Castellanos"
    # A night operator without a mailbox: a userName, but no e-mail address. The employee number begins with zeros.
    people["lzolc"]["mail"] = None
    # Typed on a Mac: letters and accents apart (NFD). It must compare equal to the same name in NFC.
    for field in ("given", "family", "displayName", "title", "city"):
        people["rchatelain"][field] = unicodedata.normalize("NFD", people["rchatelain"][field])
    # Disabled since August; never gets an account on day 1.
    people["praghu"].update(enabled=False, left="2025-08-31T22:00:00Z", lockSeen=True)
    people["svc-backup"].update(displayName="svc-backup", mail=None)
    people["noor"].update(
        displayName="Noor (Fabrikam)", mail="noor@partner.example.org", userType="Guest", number="guest-7731",
        userName="noor_partner.example.org#EXT#@acme.onmicrosoft.example")
    return people


def groups_day_1():
    return {
        key: {"name": name, "description": description, "created": created, "members": members.split(),
              "modified": "2026-01-12"}
        for key, (name, description, created, members) in GROUPS.items()
    }


# ---------------------------------------------------------------------------------------------------------------------
# Day 2, an ordinary day, and day 3, a bad one
# ---------------------------------------------------------------------------------------------------------------------


def day_2(people, groups):
    """Hired, promoted, renamed, moved out of scope, left, disabled, returned; a group renamed, one new, members moved."""
    def change(key, **fields):
        people[key].update(fields, modified="2026-01-14")

    def hire(key, **fields):
        people[key] = copy.deepcopy(people["pnovak"])
        people[key].update(phone=None, mobile=None)
        change(key, login=key, userName=f"{key}@{DOMAIN}", mail=f"{key}@{DOMAIN}", hired="2026-01-15", **fields)

    # Hired: Aoife's manager is new as well, and stands after her in the file, so the reference waits for the second pass.
    hire("anibhriain", given="Aoife", family="Ní Bhriain", displayName="Aoife Ní Bhriain",
         title="Machine Learning Engineer", manager="myildirim", number="10062", city="Galway", country="IE",
         language="ga-IE")
    hire("myildirim", given="Mehmet", family="Yıldırım", displayName="Mehmet Yıldırım", title="Head of Machine Learning",
         manager="zobrien", number="10063", city="Ankara", country="TR", language="tr-TR", mobile="+90 533 555 01 63")
    # Promoted.
    change("hnguyen", title="Senior Data Analyst")
    change("mlaurent", title="Support Team Lead")
    # Renamed by marriage. Her id stays; in DSML her DN changes, and with it the manager value of those who report to her,
    # which is not a change of their manager.
    change("cbergmann", login="cfournier", family="Fournier", displayName="Clara Fournier", userName=f"cfournier@{DOMAIN}",
           mail=f"cfournier@{DOMAIN}", aliases=[f"cbergmann@{DOMAIN}"])
    # Moved out of scope: still employed by a partner, no longer a person whom the filter lets in.
    change("vpetrov", department="External Partners")
    # Left: gone from the file. Disabled at the source: still there.
    del people["obrandt"]
    change("ydemir", enabled=False, left="2026-01-14T17:00:00Z", lockSeen=True)
    # Returned.
    change("praghu", enabled=True, left=None)
    # A new phone, another department, another manager.
    change("lhansen", mobile="+45 20 55 99 39")
    change("crossi", department="Information Technology")
    change("iwilliams", manager="rpatel")

    def join(group, *members):
        groups[group]["members"] += members
        groups[group]["modified"] = "2026-01-14"

    def leave(group, member):
        groups[group]["members"].remove(member)
        groups[group]["modified"] = "2026-01-14"

    groups["operations"].update(name="Operations – Lager & Nacht", modified="2026-01-14")
    groups["ml"] = {"name": "Machine Learning", "description": None, "created": "2026-01-14", "modified": "2026-01-14",
                    "members": ["myildirim", "anibhriain", "hnguyen"]}
    leave("rnd", "crossi")
    join("it", "crossi")
    leave("rnd-on-call", "kboateng")
    join("rnd-on-call", "hnguyen")
    join("works-council", "jnunez")
    join("rnd", "myildirim", "anibhriain")      # the newcomers
    leave("crm", "obrandt")                     # a source forgets the memberships of those whom it forgets


def day_3_bad(people, groups):
    """A well-formed export that is wrong: two departments are missing, and all of a third is marked disabled.

    That is what happens when the account that exports may no longer read two organizational units and somebody ran a script
    in the wrong one. The file says that it is whole, and its totals agree.
    """
    hidden = [key for key, person in people.items() if person["department"] in ("Operations", "Customer Support")]
    for key in hidden:
        del people[key]
    for group in groups.values():
        group["members"] = [member for member in group["members"] if member not in hidden]
    for person in people.values():
        if person["department"] == "Finance":
            person.update(enabled=False, modified="2026-01-15", lockSeen=True)


# ---------------------------------------------------------------------------------------------------------------------
# Ids and files
# ---------------------------------------------------------------------------------------------------------------------


def identifier(source, kind, key):
    """The GUID by which one source knows a person or group: always the same, and another one in each source."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"https://{source}.{DOMAIN}/{kind}/{key}"))


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def write_json(path, value):
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2) + "\n")


def without_none(mapping):
    return {key: value for key, value in mapping.items() if value is not None}


# --- Microsoft Graph: users.json, groups.json, members/<group id>.json; what is empty is null ------------------------

GRAPH = "https://graph.microsoft.com/v1.0/$metadata"
GRAPH_USER_TYPE = "#microsoft.graph.user"


def graph_id(kind, key):
    return identifier("entra", kind, key)


def graph_member_user(key, person):
    """The default properties, as /groups/{id}/members returns them."""
    return {
        "@odata.type": GRAPH_USER_TYPE,
        "id": graph_id("users", key),
        "businessPhones": [person["phone"]] if person["phone"] else [],
        "displayName": person["displayName"],
        "givenName": person["given"],
        "jobTitle": person["title"],
        "mail": person["mail"],
        "mobilePhone": person["mobile"],
        "officeLocation": None,
        "preferredLanguage": person["language"],
        "surname": person["family"],
        "userPrincipalName": person["userName"],
    }


def graph_user(key, person):
    """The properties of `/users?$select=...&$expand=manager($select=id)`."""
    user = graph_member_user(key, person)
    del user["@odata.type"]
    guest = person["userType"] == "Guest"
    # Half of the company was synchronised from Active Directory once, the rest was born in the cloud.
    synchronised = person["department"] in ("Finance", "Operations", "Management")
    guid = uuid.UUID(identifier("ad", "users", key))
    path = f"CN={person['displayName']},OU={person['department']},OU=People,DC=corp,DC=acme,DC=example"
    addresses = [f"SMTP:{person['mail']}"] if person["mail"] else []
    user.update({
        "accountEnabled": person["enabled"],
        "userType": person["userType"],
        "employeeId": None if guest else person["number"],
        "department": person["department"],
        "companyName": "Acme AB" if person["department"] else None,
        "mailNickname": person["userName"].split("@")[0],
        "usageLocation": person["country"],
        "city": person["city"],
        "country": person["country"],
        "streetAddress": None,
        "postalCode": None,
        "createdDateTime": f"{person['hired']}T08:00:00Z",
        "deletedDateTime": None,
        "employeeHireDate": f"{person['hired']}T00:00:00Z" if person["number"] and not guest else None,
        "employeeLeaveDateTime": person["left"],
        "onPremisesSyncEnabled": True if synchronised else None,
        "onPremisesImmutableId": base64.b64encode(guid.bytes_le).decode("ascii") if synchronised else None,
        "onPremisesSamAccountName": person["login"] if synchronised else None,
        "onPremisesDistinguishedName": path if synchronised else None,
        "otherMails": [person["privateMail"]] if person["privateMail"] else [],
        "proxyAddresses": addresses + [f"smtp:{alias}" for alias in person["aliases"]],
    })
    if person["manager"]:
        user["manager"] = {"@odata.type": GRAPH_USER_TYPE, "id": graph_id("users", person["manager"])}
    if guest:
        user["externalUserState"] = "PendingAcceptance"
    return user


def graph_group(key, group):
    return {
        "id": graph_id("groups", key),
        "createdDateTime": f"{group['created']}T08:00:00Z",
        "deletedDateTime": None,
        "description": group["description"],
        "displayName": group["name"],
        "groupTypes": [],
        "mail": None,
        "mailEnabled": False,
        "mailNickname": key,
        "onPremisesSyncEnabled": None,
        "securityEnabled": True,
        "visibility": None,
    }


def graph_member(member, people, groups):
    if not member.startswith("@"):
        return graph_member_user(member, people[member])
    key = member[1:]
    return {
        "@odata.type": "#microsoft.graph.group",
        "id": graph_id("groups", key),
        "displayName": groups[key]["name"],
        "mailEnabled": False,
        "securityEnabled": True,
    }


def write_graph(folder, people, groups):
    users = [graph_user(key, person) for key, person in people.items()]
    selected = "id,displayName,accountEnabled,userType,employeeId,department,onPremisesImmutableId,manager()"
    write_json(folder / "users.json", {
        "@odata.context": f"{GRAPH}#users({selected})", "@odata.count": len(users), "value": users})
    write_json(folder / "groups.json", {
        "@odata.context": f"{GRAPH}#groups", "@odata.count": len(groups),
        "value": [graph_group(key, group) for key, group in groups.items()]})
    for key, group in groups.items():
        write_json(folder / "members" / f"{graph_id('groups', key)}.json", {
            "@odata.context": f"{GRAPH}#directoryObjects",
            "value": [graph_member(member, people, groups) for member in group["members"]]})


# --- SCIM: users.json and groups.json, each one ListResponse; what is empty is absent --------------------------------

SCIM_BASE = f"https://scim.{DOMAIN}/v2"
SCIM_USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SCIM_ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
SCIM_GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"


def scim_id(kind, key):
    return identifier("scim", kind, key)


def scim_location(kind, key):
    return f"{SCIM_BASE}/{kind}/{scim_id(kind, key)}"


def scim_user(key, person, people, groups):
    emails = []
    if person["mail"]:
        emails.append({"value": person["mail"], "type": "work", "primary": True})
    emails += [{"value": alias, "type": "other"} for alias in person["aliases"]]
    if person["privateMail"]:
        emails.append({"value": person["privateMail"], "type": "home"})
    phones = [{"value": person[field], "type": kind} for field, kind in (("phone", "work"), ("mobile", "mobile"))
              if person[field]]
    address = without_none({"type": "work", "locality": person["city"], "country": person["country"]})
    extension = without_none({
        "employeeNumber": person["number"] if person["userType"] == "Member" else None,
        "department": person["department"]})
    if person["manager"]:
        extension["manager"] = {
            "value": scim_id("Users", person["manager"]),
            "$ref": f"../Users/{scim_id('Users', person['manager'])}",
            "displayName": people[person["manager"]]["displayName"],
        }
    memberships = [
        {"value": scim_id("Groups", name), "$ref": scim_location("Groups", name), "display": group["name"],
         "type": "direct"}
        for name, group in groups.items() if key in group["members"]]
    user = {
        "schemas": [SCIM_USER] + ([SCIM_ENTERPRISE] if extension else []),
        "id": scim_id("Users", key),
        "externalId": person["number"],      # null for the service account: the client never gave one
        "userName": person["userName"],
        "name": without_none({
            "givenName": person["given"], "familyName": person["family"], "formatted": person["displayName"]}),
        "displayName": person["displayName"],
        "userType": person["userType"],
    }
    user.update(without_none({"title": person["title"], "preferredLanguage": person["language"]}))
    user.update({name: values for name, values in (
        ("emails", emails), ("phoneNumbers", phones), ("addresses", [address] if len(address) > 1 else [])) if values})
    user["active"] = person["enabled"]
    if extension:
        user[SCIM_ENTERPRISE] = extension
    if memberships:
        user["groups"] = memberships
    user["meta"] = {
        "resourceType": "User",
        "created": f"{person['hired']}T08:00:00Z",
        "lastModified": f"{person['modified']}T16:30:12.512Z",
        "version": f"W/\"{person['modified'].replace('-', '')}\"",
        "location": scim_location("Users", key),
    }
    return user


def scim_group(key, group, people, groups):
    resource = {"schemas": [SCIM_GROUP], "id": scim_id("Groups", key), "displayName": group["name"]}
    members = []
    for member in group["members"]:
        kind, name = ("Groups", member[1:]) if member.startswith("@") else ("Users", member)
        display = groups[name]["name"] if kind == "Groups" else people[name]["displayName"]
        members.append({
            "value": scim_id(kind, name), "$ref": scim_location(kind, name), "type": kind[:-1], "display": display})
    # An empty group says so. Without the key it would say nothing about its members.
    resource["members"] = members
    resource["meta"] = {
        "resourceType": "Group",
        "created": f"{group['created']}T08:00:00Z",
        "lastModified": f"{group['modified']}T16:30:12Z",
        "location": scim_location("Groups", key),
    }
    return resource


def write_scim(folder, people, groups):
    for name, resources in (
        ("users", [scim_user(key, person, people, groups) for key, person in people.items()]),
        ("groups", [scim_group(key, group, people, groups) for key, group in groups.items()]),
    ):
        write_json(folder / f"{name}.json", {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
            "totalResults": len(resources),
            "itemsPerPage": len(resources),
            "startIndex": 1,
            "Resources": resources,
        })


# --- DSML v2: one search response for everything; what is empty is absent --------------------------------------------

SUFFIX = "dc=acme,dc=example"


def dn_value(text):
    """A value as it stands in a DN (RFC 4514)."""
    return "".join("\\" + character if character in ',+"\\<>;=' else character for character in text)


def user_dn(person):
    return f"uid={dn_value(person['login'])},ou=people,{SUFFIX}"


def group_dn(group):
    return f"cn={dn_value(group['name'])},ou=groups,{SUFFIX}"


def dsml_entry(dn, attributes):
    lines = [f"   <searchResultEntry dn={quoteattr(dn)}>"]
    for name, values in attributes:
        values = [value for value in (values if isinstance(values, list) else [values]) if value is not None]
        if values:
            lines.append(f"    <attr name={quoteattr(name)}>")
            lines += [f"     <value>{escape(value)}</value>" for value in values]
            lines.append("    </attr>")
    return lines + ["   </searchResultEntry>"]


def dsml_user(key, person, people, groups):
    # Absent until somebody locks the account; unlocking leaves FALSE behind.
    lock = None if not person["lockSeen"] else "FALSE" if person["enabled"] else "TRUE"
    manager = user_dn(people[person["manager"]]) if person["manager"] else None
    if key == "crossi":
        # Typed by hand: DNs compare without regard to case and to spaces around the commas.
        manager = manager.replace("uid=", "UID=").replace(",ou=people,", ", OU=People, ")
    return dsml_entry(user_dn(person), [
        ("objectClass", ["top", "person", "organizationalPerson", "inetOrgPerson"]),
        ("uid", person["login"]),
        ("userPrincipalName", person["userName"]),
        ("cn", person["displayName"]),
        ("displayName", person["displayName"]),
        ("sn", person["family"] or person["displayName"]),      # the schema demands one
        ("givenName", person["given"]),
        ("mail", [person["mail"], person["privateMail"]]),
        ("employeeNumber", person["number"] if person["userType"] == "Member" else None),
        ("employeeType", person["userType"]),
        ("title", person["title"]),
        ("ou", person["department"]),
        ("departmentNumber", person["department"]),
        ("telephoneNumber", person["phone"]),
        ("mobile", person["mobile"]),
        ("preferredLanguage", person["language"]),
        ("l", person["city"]),
        ("manager", manager),
        ("entryUUID", identifier("ldap", "users", key)),
        ("createTimestamp", f"{person['hired'].replace('-', '')}080000Z"),
        ("memberOf", [group_dn(group) for group in groups.values() if key in group["members"]]),
        ("nsAccountLock", lock),
    ])


def dsml_group(key, group, people, groups):
    return dsml_entry(group_dn(group), [
        ("objectClass", ["top", "groupOfNames"]),
        ("cn", group["name"]),
        ("description", group["description"]),
        ("member", [group_dn(groups[member[1:]]) if member.startswith("@") else user_dn(people[member])
                    for member in group["members"]]),
        ("entryUUID", identifier("ldap", "groups", key)),
    ])


def dsml_unit(name):
    return dsml_entry(f"ou={name},{SUFFIX}", [
        ("objectClass", ["top", "organizationalUnit"]),
        ("ou", name),
        ("entryUUID", identifier("ldap", "units", name)),
    ])


def write_dsml(folder, people, groups):
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<batchResponse xmlns="urn:oasis:names:tc:DSML:2:0:core" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">',
        " <searchResponse>",
    ]
    lines += dsml_unit("people")
    for key, person in people.items():
        lines += dsml_user(key, person, people, groups)
    lines += dsml_unit("groups")
    for key, group in groups.items():
        lines += dsml_group(key, group, people, groups)
    lines += [
        "  <searchResultDone>",
        '   <resultCode code="0" descr="success"/>',
        "  </searchResultDone>",
        " </searchResponse>",
        "</batchResponse>",
    ]
    write_text(folder / "directory.xml", "\n".join(lines) + "\n")


def main():
    people, groups = people_day_1(), groups_day_1()
    for name, change in (("day-1", None), ("day-2", day_2), ("day-3-bad", day_3_bad)):
        if change:
            people, groups = copy.deepcopy(people), copy.deepcopy(groups)
            change(people, groups)
        write_graph(HERE / "entra" / name, people, groups)
        write_scim(HERE / "scim" / name, people, groups)
        write_dsml(HERE / "dsml" / name, people, groups)
        print(f"{name}: {len(people)} people, {len(groups)} groups")


if __name__ == "__main__":
    main()
