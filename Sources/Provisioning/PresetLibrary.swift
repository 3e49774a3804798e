import JSONBytes
import Snapshots

/// The presets that come with the program.
package enum PresetLibrary {
    /// The files of the presets that are data, as they are in `Presets`: one line a preset.
    private static let files: [(name: String, bytes: [UInt8])] = [
        ("ad-powershell", PackageResources.ad_powershell_yaml),
        ("ad-powershell-xml", PackageResources.ad_powershell_xml_yaml),
        ("aws-identitystore", PackageResources.aws_identitystore_yaml),
        ("bamboohr", PackageResources.bamboohr_yaml),
        ("bamboohr-xml", PackageResources.bamboohr_xml_yaml),
        ("freeipa", PackageResources.freeipa_yaml),
        ("github", PackageResources.github_yaml),
        ("google-workspace", PackageResources.google_workspace_yaml),
        ("hibob", PackageResources.hibob_yaml),
        ("ims-enterprise", PackageResources.ims_enterprise_yaml),
        ("jumpcloud", PackageResources.jumpcloud_yaml),
        ("keycloak", PackageResources.keycloak_yaml),
        ("ldap-json", PackageResources.ldap_json_yaml),
        ("okta", PackageResources.okta_yaml),
        ("onelogin", PackageResources.onelogin_yaml),
        ("oneroster", PackageResources.oneroster_yaml),
        ("peoplesoft", PackageResources.peoplesoft_yaml),
        ("spml", PackageResources.spml_yaml),
        ("successfactors", PackageResources.successfactors_yaml),
        ("successfactors-atom", PackageResources.successfactors_atom_yaml),
        ("successfactors-compound", PackageResources.successfactors_compound_yaml),
        ("workday-get-workers", PackageResources.workday_get_workers_yaml),
        ("workday-raas", PackageResources.workday_raas_yaml),
        ("workday-raas-xml", PackageResources.workday_raas_xml_yaml),
        ("dsml", PackageResources.dsml_yaml),
        ("entra-graph", PackageResources.entra_graph_yaml),
        ("scim", PackageResources.scim_yaml),
    ]

    /// All names, sorted.
    package static var names: [String] { files.map(\.name).sorted() }

    /// A preset as it is written, with its comments; `nil` for a name that no preset has.
    package static func text(_ name: String) -> String? {
        files.first { $0.name == name }.map { String(decoding: $0.bytes, as: UTF8.self) }
    }

    /// What a preset is for: its file's first line.
    package static func summary(_ name: String) -> String {
        guard let line = text(name)?.split(separator: "\n").first else { return "" }
        return String(line.drop { $0 == "#" || $0 == " " })
    }

    /// The tree of a preset that is data; `nil` for a name that none has, and for presets that are read by code.
    static func tree(_ name: String) throws(JobFileError) -> JobNode? {
        guard let text = text(name), !Preset.coded.contains(where: { $0.name == name }) else { return nil }
        return try YAMLText.parse(text, file: "preset " + name)
    }

    /// What tells the exports of presets apart.
    static func hints() throws(JobFileError) -> [FormatHint] {
        var hints = codedHints
        for name in names {
            guard case .map(let entries)? = try tree(name)?.content else { continue }
            for entry in entries where entry.key == PresetReader.hintKey {
                for text in try entry.value.texts(entry.key) {
                    hints.append(FormatHint(text: try text.text(entry.key), name: name))
                }
            }
        }
        return hints
    }

    private static let codedHints = [
        FormatHint(text: "\"@odata.context\"", name: "entra-graph"),
        FormatHint(text: "urn:ietf:params:scim:", name: "scim"),
        FormatHint(text: "searchResultEntry", name: "dsml"), FormatHint(text: "directory-entries", name: "dsml"),
    ]

    /// - Throws: ``JobFileError`` where the preset's own text is wrong: a mistake of ours.
    package static func preset(_ name: String) throws(JobFileError) -> Preset? {
        if let coded = Preset.coded.first(where: { $0.name == name }) { return coded.preset }
        guard let tree = try tree(name) else { return nil }
        return .defined(try PresetReader.definition(tree, name: name))
    }
}
