import Testing

@Suite("RFC 7644 3.5.2: modifying with PATCH") struct PatchProtocolTests {
    @Test("add", arguments: PatchAddCases.all)
    func add(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("replace", arguments: PatchReplaceCases.all)
    func replace(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("remove", arguments: PatchRemoveCases.all)
    func remove(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("refusals", arguments: PatchErrorCases.all)
    func refusals(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("extensions and full names", arguments: PatchExtensionCases.all)
    func extensions(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }
}

@Suite("RFC 7644 3: the protocol") struct ProtocolTests {
    @Test("3.3 creating", arguments: CreateCases.all)
    func create(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.8 bodies and media types", arguments: BodyCases.all)
    func bodies(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.5.1 replacing with PUT", arguments: PutCases.all)
    func put(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.9 attributes of an answer", arguments: SelectionCases.all)
    func selection(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.4.2 lists and filters", arguments: FilterCases.all)
    func filters(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.14 versions", arguments: ConditionCases.all)
    func conditions(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("3.6 deleting and coming back", arguments: LifeCases.all)
    func life(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("groups and members", arguments: GroupCases.all)
    func groups(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("2 and 3.13 tokens, paths, versions", arguments: AccessCases.all)
    func access(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("4 discovery", arguments: DiscoveryCases.all)
    func discovery(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("the RFCs' examples", arguments: ExampleCases.all)
    func examples(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("what other servers got wrong", arguments: TrapCases.all)
    func traps(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }

    @Test("7643 7 attributes behave as published", arguments: SchemaCases.all)
    func schemas(_ one: ProtocolCase) async throws { try await ProtocolRunner.play(one) }
}

@Suite("The catalogue of protocol cases") struct ProtocolCatalogueTests {
    static var written: [ProtocolCase] {
        let patches =
            PatchAddCases.all + PatchReplaceCases.all + PatchRemoveCases.all + PatchErrorCases.all
            + PatchExtensionCases.all
        let bodies = CreateCases.all + BodyCases.all + PutCases.all + GroupCases.all + LifeCases.all
        let answers = SelectionCases.all + FilterCases.all + ConditionCases.all
        return patches + bodies + answers + AccessCases.all + DiscoveryCases.all + ExampleCases.all + TrapCases.all
    }

    @Test("there are at least 300 cases, each named once, by its section or trap")
    func names() throws {
        let all = Self.written + SchemaCases.all
        #expect(Self.written.count >= 300)
        let repeated = Dictionary(grouping: all, by: \.name).filter { $0.value.count > 1 }.keys
        #expect(repeated.isEmpty, "\(repeated.sorted())")
        let form = /(7643|7644|8259|9110|trap) [0-9]+(\.[0-9]+)* .+/
        for one in all { #expect(one.name.wholeMatch(of: form) != nil, "\(one.name)") }
    }

    @Test("every trap of the list has a case", arguments: 1...34)
    func traps(_ number: Int) {
        #expect(Self.written.contains { $0.name.hasPrefix("trap \(number) ") })
    }
}
