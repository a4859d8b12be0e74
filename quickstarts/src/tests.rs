use model::api::SigningAlg;
use model::quickstart::{Kind, Language, SpanKind, TERMINAL};

use crate::lexer::{Token, lex};
use crate::{Rendered, Values, all, catalogue, language_of, recipes, render};

const SENTINELS: [&str; 6] = [
    "https://issuer.example/",
    "https://api.example/",
    "read:example",
    "YOUR_CLIENT_ID",
    "YOUR_KEY_ID",
    "SECOND_KEY_ID",
];

fn values() -> Values {
    Values {
        issuer: "https://auth.acme.test/".to_owned(),
        identifier: "https://orders.acme.test/".to_owned(),
        scope: Some("read:orders".to_owned()),
        client_id: Some("qT3vWm9fLkAbCdEfGhIjKlMnOpQrStUv".to_owned()),
        kid: Some("ss_First00000000001".to_owned()),
        second_kid: Some("ss_Second0000000002".to_owned()),
    }
}

/// Everything that the model lets into these values and that means something to one of the languages.
fn hostile(text: &str) -> Values {
    Values {
        issuer: format!("https://h/{text}/"),
        identifier: text.to_owned(),
        scope: Some(text.to_owned()),
        client_id: Some(text.to_owned()),
        kid: Some(text.to_owned()),
        second_kid: Some(text.to_owned()),
    }
}

fn each(values: &Values, mut check: impl FnMut(&str, SigningAlg, Rendered)) {
    let quickstarts = all().unwrap();
    assert!(!quickstarts.is_empty());
    for quickstart in quickstarts {
        for alg in SigningAlg::ALL {
            let rendered = render(&quickstart.slug, alg, values).unwrap().unwrap();
            if rendered.view.unsupported.is_none() {
                check(&quickstart.slug, alg, rendered);
            }
        }
    }
}

#[test]
fn quickstarts_are_listed_in_order() {
    let listed: Vec<_> = all()
        .unwrap()
        .into_iter()
        .map(|quickstart| (quickstart.slug, quickstart.title, quickstart.kind))
        .collect();
    let expect = [
        ("node-express", "Node.js · Express", Kind::Protect),
        ("node-fastify", "Node.js · Fastify", Kind::Protect),
        ("python-flask", "Python · Flask", Kind::Protect),
        ("python-fastapi", "Python · FastAPI", Kind::Protect),
        ("python-django", "Python · Django", Kind::Protect),
        ("go-net-http", "Go · net/http", Kind::Protect),
        ("java-spring", "Java · Spring Boot", Kind::Protect),
        ("rust-axum", "Rust · axum", Kind::Protect),
        ("ruby-sinatra", "Ruby · Sinatra", Kind::Protect),
        ("php", "PHP", Kind::Protect),
        ("csharp-aspnet", "C# · ASP.NET Core", Kind::Protect),
        ("curl", "cURL", Kind::Ask),
        ("ask-node", "Node.js", Kind::Ask),
        ("ask-node-private-key", "Node.js · private key", Kind::Ask),
        ("ask-python", "Python · Requests", Kind::Ask),
        ("ask-python-private-key", "Python · private key", Kind::Ask),
        ("ask-go", "Go · oauth2", Kind::Ask),
        ("ask-java", "Java", Kind::Ask),
        ("ask-rust", "Rust · reqwest", Kind::Ask),
        ("ask-php", "PHP", Kind::Ask),
        ("ask-ruby", "Ruby · Net::HTTP", Kind::Ask),
        ("ask-csharp", "C# · HttpClient", Kind::Ask),
        ("ask-powershell", "PowerShell", Kind::Ask),
    ];
    assert_eq!(listed, expect.map(|(slug, title, kind)| (slug.to_owned(), title.to_owned(), kind)));
}

#[test]
fn an_unsupported_algorithm_leads_to_a_program_of_the_same_kind_that_knows_it() {
    let programs = catalogue::programs().unwrap();
    for program in programs {
        for (alg, no_library) in &program.unsupported {
            let slug = &program.quickstart.slug;
            let alg = SigningAlg::parse(alg).unwrap_or_else(|| panic!("{slug}: {alg} is no algorithm"));
            let rendered = render(slug, alg, &values()).unwrap().unwrap();
            assert!(rendered.view.parts.is_empty() && rendered.files.is_empty(), "{slug} {alg:?}");
            assert_eq!(rendered.view.unsupported.unwrap().reason, no_library.reason);
            let other = programs.iter().find(|other| other.quickstart.slug == no_library.instead).unwrap();
            assert_eq!(other.quickstart.kind, program.quickstart.kind, "{slug} {alg:?}");
            assert!(
                other.unsupported(alg).is_none(),
                "{slug} {alg:?} leads to a program that does not know it either"
            );
        }
    }
}

#[test]
fn recipes_name_what_is_there() {
    for recipe in recipes().unwrap() {
        let slug = recipe.quickstart.slug;
        assert!(!recipe.run.needs.is_empty(), "{slug} needs nothing?");
        assert!(recipe.run.install.is_some() || recipe.run.makes.is_empty(), "{slug}");
        assert_eq!(recipe.run.install.is_some(), !recipe.run.manifests.is_empty(), "{slug}");
        for alg in SigningAlg::ALL.into_iter().filter(|alg| !recipe.unsupported.contains_key(alg.as_str())) {
            let files = render(&slug, alg, &values()).unwrap().unwrap().files;
            for manifest in &recipe.run.manifests {
                assert!(files.iter().any(|file| file.path == *manifest), "{slug} {alg:?} has no {manifest}");
            }
        }
    }
}

#[test]
fn unknown_slugs_are_none() {
    for slug in ["", "cobol", "curl/common", "..", "node-express/"] {
        assert_eq!(render(slug, SigningAlg::RS256, &values()), Ok(None), "{slug:?}");
    }
}

#[test]
fn no_sentinel_is_left() {
    each(&values(), |slug, alg, rendered| {
        let parts = rendered.view.parts.iter().flat_map(|part| [&part.text, &part.explanation]);
        for text in parts.chain(rendered.files.iter().map(|file| &file.text)) {
            for sentinel in SENTINELS {
                assert!(!text.contains(sentinel), "{slug} {alg:?}: {sentinel} in {text}");
            }
            assert!(!text.contains("[section:") && !text.contains("[/section:"), "{slug} {alg:?}: {text}");
        }
    });
}

#[test]
fn each_program_shows_the_values_that_it_needs() {
    each(&values(), |slug, alg, rendered| {
        let shown: Vec<_> = rendered
            .view
            .parts
            .iter()
            .flat_map(|part| &part.spans)
            .filter(|span| span.kind == SpanKind::Value)
            .map(|span| &span.text)
            .collect();
        let values = values();
        let needed = match rendered.view.kind {
            Kind::Protect => [Some(values.issuer), Some(values.identifier), values.scope],
            Kind::Ask => [Some(values.issuer), Some(values.identifier), values.client_id],
        };
        for value in needed.into_iter().flatten() {
            assert!(shown.contains(&&value), "{slug} {alg:?} lacks {value}");
        }
    });
}

#[test]
fn sentinels_stay_where_the_reader_has_no_value() {
    let values = Values {
        scope: None,
        client_id: None,
        ..values()
    };
    let curl = render("curl", SigningAlg::RS256, &values).unwrap().unwrap();
    assert!(curl.view.parts.iter().any(|part| part.text.contains("'YOUR_CLIENT_ID'")));
    let node = render("node-express", SigningAlg::RS256, &values).unwrap().unwrap();
    assert!(node.view.parts.iter().any(|part| part.text.contains("requiredScopes('read:example')")));
}

#[test]
fn a_second_secret_is_spoken_of_only_if_there_is_one() {
    let ordinary = Values {
        second_kid: None,
        ..values()
    };
    each(&ordinary, |slug, alg, rendered| {
        let with_second = render(slug, alg, &values()).unwrap().unwrap();
        assert_eq!(rendered.files, with_second.files, "{slug} {alg:?}: one program for both");
        let parts = rendered.view.parts;
        let more = with_second.view.parts.iter().filter(|part| !parts.contains(part)).collect::<Vec<_>>();
        let (kid, second_kid) = (values().kid.unwrap(), values().second_kid.unwrap());
        let names = |text: &str, kid: &str| text.contains(&format!("'{kid}':"));
        if alg != SigningAlg::HS256 || rendered.view.kind != Kind::Protect {
            assert!(more.is_empty(), "{slug} {alg:?}");
            return;
        }
        assert_eq!(parts.iter().filter(|part| names(&part.text, &kid)).count(), 1, "{slug}");
        assert!(parts.iter().all(|part| !part.text.contains("SECOND_KEY_ID")), "{slug}");
        assert!(more.len() == 1 && names(&more[0].text, &second_kid), "{slug}: {more:?}");
    });
}

#[test]
fn spans_joined_are_the_text_that_is_copied() {
    each(&values(), |slug, alg, rendered| {
        for part in rendered.view.parts {
            let joined: String = part.spans.iter().map(|span| span.text.as_str()).collect();
            assert_eq!(joined, part.text, "{slug} {alg:?}");
            assert_eq!(part.text.trim(), part.text, "{slug} {alg:?}");
            assert!(
                !part.text.is_empty() && !part.title.is_empty() && !part.explanation.is_empty(),
                "{slug} {alg:?} {}",
                part.title
            );
            assert!(part.file_name != TERMINAL || part.language == Language::Shell);
        }
    });
}

#[test]
fn hostile_values_stay_inside_their_literals() {
    let texts = [
        "'",
        "a'b",
        "';x('",
        "'\"\\",
        "\\'",
        "`${x}`",
        "$(x)",
        "$HOME",
        "#{x}",
        "{x}",
        "%s%n",
        "\n",
        "\\u0022",
        "’",
        "//",
        "#",
        "*/",
        "?>",
        "https://api.example/",
    ];
    for quickstart in all().unwrap() {
        // One for each folder: the name of the algorithm is no value of a reader's.
        for alg in [SigningAlg::RS256, SigningAlg::HS256] {
            let slug = &quickstart.slug;
            let calm = render(slug, alg, &values()).unwrap().unwrap();
            for text in texts {
                let rendered = render(slug, alg, &hostile(text)).unwrap().unwrap();
                let filled = rendered.files.iter().zip(&calm.files).filter(|(file, calm)| file.text != calm.text);
                for (file, expect) in filled {
                    let language = language_of(&file.path);
                    let shapes = [&file.text, &expect.text].map(|text| shape(language, text));
                    assert_eq!(shapes[0], shapes[1], "{slug} {alg:?} {} with {text:?}", file.path);
                }
            }
        }
    }
}

/// What a program is made of, apart from what its string literals say.
fn shape(language: Language, text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    let mut joint = false;
    for Token { kind, text } in lex(language, text) {
        let literal = matches!(kind, crate::lexer::TokenKind::Literal(_));
        // A shell leaves its quotes to write one: neighbours with `\'` between them are one word.
        match pieces.last_mut() {
            Some(last) if language == Language::Shell && text == r"\'" && last == "literal" => joint = true,
            _ if joint && literal => joint = false,
            _ => pieces.push(if literal { "literal".to_owned() } else { text.to_owned() }),
        }
    }
    pieces
}

/// What tools write by themselves when a reader follows the steps.
const FOR_TOOLS: [&str; 8] = [
    "package.json",
    "package-lock.json",
    "requirements.txt",
    "Cargo.lock",
    "Gemfile.lock",
    "go.mod",
    "go.sum",
    "composer.json",
];

#[test]
fn what_is_shown_is_the_program_that_runs() {
    each(&values(), |slug, alg, rendered| {
        for part in rendered.view.parts.iter().filter(|part| part.file_name != TERMINAL) {
            let file = rendered.files.iter().find(|file| file.path == part.file_name).unwrap();
            assert!(file.text.contains(&part.text), "{slug} {alg:?} {}", part.file_name);
        }
        for file in &rendered.files {
            let shown = rendered.view.parts.iter().any(|part| part.file_name == file.path);
            let for_tools = FOR_TOOLS.contains(&file.path.as_str());
            assert!(shown || for_tools, "{slug} {alg:?} has {}, which no step shows", file.path);
        }
    });
}

/// What a manifest must pin, and what the first step must say for it.
type Versions = &'static [(&'static str, &'static str)];

/// By program and manifest.
const VERSIONS: &[(&str, &str, Versions)] = &[
    (
        "node-express",
        "package.json",
        &[
            ("\"express\": \"5.", "express@5"),
            ("\"express-oauth2-jwt-bearer\": \"1.", "express-oauth2-jwt-bearer@1"),
        ],
    ),
    (
        "node-fastify",
        "package.json",
        &[("\"fastify\": \"5.", "fastify@5"), ("\"jose\": \"6.", "jose@6")],
    ),
    (
        "python-flask",
        "requirements.txt",
        &[("Flask==3.1.", "'flask~=3.1'"), ("Authlib==1.9.", "'authlib~=1.9'")],
    ),
    (
        "python-fastapi",
        "requirements.txt",
        &[
            ("fastapi==0.165.", "'fastapi~=0.165.0'"),
            ("uvicorn==0.54.", "'uvicorn~=0.54.0'"),
            ("PyJWT==2.15.", "'pyjwt[crypto]~=2.15'"),
        ],
    ),
    (
        "python-django",
        "requirements.txt",
        &[
            ("Django==5.2.", "'django~=5.2.0'"),
            ("djangorestframework==3.18.", "'djangorestframework~=3.18'"),
            ("PyJWT==2.15.", "'pyjwt[crypto]~=2.15'"),
        ],
    ),
    (
        "ruby-sinatra",
        "Gemfile.lock",
        &[(" jwt (2.5.", "2.5'"), (" puma (5.6.", "5.6'"), (" sinatra (3.0.", "3.0'")],
    ),
    ("ask-node-private-key", "package.json", &[("\"jose\": \"6.", "jose@6")]),
    ("ask-python", "requirements.txt", &[("requests==2.34.", "'requests~=2.34'")]),
    (
        "ask-python-private-key",
        "requirements.txt",
        &[("PyJWT==2.15.", "'pyjwt[crypto]~=2.15'"), ("requests==2.34.", "'requests~=2.34'")],
    ),
    ("ask-go", "go.mod", &[("golang.org/x/oauth2 v0.38.0", "golang.org/x/oauth2@v0.38.0")]),
    (
        "go-net-http",
        "go.mod",
        &[("github.com/golang-jwt/jwt/v5 v5.3.1", "github.com/golang-jwt/jwt/v5@v5.3.1")],
    ),
];

#[test]
fn install_commands_name_the_versions_that_are_tested() {
    each(&values(), |slug, _, rendered| {
        for (_, manifest, versions) in VERSIONS.iter().filter(|(program, ..)| *program == slug) {
            let manifest = &rendered.files.iter().find(|file| file.path == *manifest).unwrap().text;
            let command = &rendered.view.parts[0].text;
            for (tested, shown) in *versions {
                assert!(manifest.contains(tested), "{slug}: {tested}");
                assert!(command.split_whitespace().any(|word| word == *shown), "{slug}: {shown}");
            }
        }
    });
}

#[test]
fn manifests_and_locks_name_no_registry() {
    each(&values(), |slug, _, rendered| {
        for file in rendered.files.iter().filter(|file| file.path != "Cargo.lock") {
            assert!(
                !file.text.contains("\"resolved\"") && !file.text.contains("--index-url"),
                "{slug} {}",
                file.path
            );
        }
        for line in rendered
            .files
            .iter()
            .filter(|file| file.path == "Cargo.lock")
            .flat_map(|file| file.text.lines())
        {
            assert!(
                !line.starts_with("source") || line == "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
                "{slug} {line}"
            );
        }
    });
}

#[test]
fn views_survive_the_way_to_the_browser() {
    each(&values(), |slug, alg, rendered| {
        let json = serde_json::to_string(&rendered.view).unwrap();
        assert_eq!(
            serde_json::from_str::<model::quickstart::QuickstartView>(&json).unwrap(),
            rendered.view,
            "{slug} {alg:?}"
        );
    });
}
