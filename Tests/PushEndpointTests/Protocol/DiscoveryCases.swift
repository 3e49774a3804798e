import Testing

/// The documents of RFC 7644 4 in the shape of RFC 7643 5 to 7.
enum DiscoveryCases {
    @CaseList static var documents: [ProtocolCase] {
        scenario(
            "7643 5 the service provider's configuration", [],
            get(
                "/ServiceProviderConfig", 200,
                .holds(
                    """
                    {'schemas':['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],'patch':{'supported':true},
                     'filter':{'supported':true},'changePassword':{'supported':false},'etag':{'supported':true},
                     'meta':{'resourceType':'ServiceProviderConfig',
                             'location':'https://id.example/scim/c-1/ServiceProviderConfig'}}
                    """)))
        scenario(
            "7643 6 the resource types", [],
            get(
                "/ResourceTypes", 200,
                .holds(
                    """
                    {'schemas':['urn:ietf:params:scim:api:messages:2.0:ListResponse'],'totalResults':2,'itemsPerPage':2,
                     'startIndex':1,'Resources':[
                       {'schemas':['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],'id':'User','name':'User',
                        'endpoint':'/Users','schema':'{U}','schemaExtensions':[{'schema':'{E}','required':false}],
                        'meta':{'resourceType':'ResourceType','location':'https://id.example/scim/c-1/ResourceTypes/User'}},
                       {'schemas':['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],'id':'Group','name':'Group',
                        'endpoint':'/Groups','schema':'{G}',
                        'meta':{'resourceType':'ResourceType','location':'https://id.example/scim/c-1/ResourceTypes/Group'}}]}
                    """)))
        scenario(
            "7644 4 one resource type", [],
            get("/ResourceTypes/User", 200, .holds("{'id':'User','endpoint':'/Users'}")),
            get("/ResourceTypes/Group", 200, .holds("{'id':'Group','endpoint':'/Groups'}")),
            refused("GET", "/ResourceTypes/Device", 404, nil))
        for (urn, name) in [("{U}", "User"), ("{G}", "Group"), ("{E}", "EnterpriseUser")] {
            scenario(
                "7644 4 the schema of \(name)", [],
                get(
                    "/Schemas/" + json(urn), 200,
                    .holds(
                        """
                        {'schemas':['urn:ietf:params:scim:schemas:core:2.0:Schema'],'id':'\(urn)','name':'\(name)',
                         'meta':{'resourceType':'Schema','location':'https://id.example/scim/c-1/Schemas/\(urn)'}}
                        """)))
        }
        scenario(
            "trap 24 /Schemas is a ListResponse", [],
            get(
                "/Schemas", 200,
                .holds("{'schemas':['urn:ietf:params:scim:api:messages:2.0:ListResponse'],'startIndex':1}")),
            refused("GET", "/Schemas/urn:none", 404, nil))
        for path in ["/Schemas", "/ResourceTypes", "/ServiceProviderConfig"] {
            scenario(
                "7644 4 a filter on \(path) is refused", [],
                refused("GET", path, filter: "id eq 'x'", 403, nil))
            scenario(
                "7644 4 sorting and paging of \(path) are passed over", [],
                get(path, query: "sortBy=id&startIndex=1&count=1&attributes=id", 200))
        }
    }

    static var all: [ProtocolCase] { documents }
}
