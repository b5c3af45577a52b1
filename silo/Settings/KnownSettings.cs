using System.Collections.Frozen;

namespace CodeSigning.Silo.Settings;

/// <summary>The names of all settings. <see cref="SettingsReader"/> reads no other.</summary>
public static class KnownSettings
{
    /// <summary>What every name of the product's own begins with.</summary>
    public const string Prefix = "CODESIGNING_";

    /// <summary>The names; a node and a gateway read each of them once.</summary>
    public static FrozenSet<string> Names { get; } = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "CODESIGNING_ADMIN_EMAIL",
        "CODESIGNING_ADMIN_PASSWORD",
        "CODESIGNING_ANONYMOUS_REQUESTS_PER_SECOND",
        "CODESIGNING_BREAK_GLASS",
        "CODESIGNING_COMPROMISED_KEYS",
        "CODESIGNING_CONNECTIONS",
        "CODESIGNING_CONNECTIONS_PER_ADDRESS",
        "CODESIGNING_DATA",
        "CODESIGNING_DB",
        "CODESIGNING_DB_MIGRATE",
        "CODESIGNING_DRAIN_SECONDS",
        "CODESIGNING_FORWARD_TO",
        "CODESIGNING_FORWARD_TOKEN",
        "CODESIGNING_HIGH_WATER",
        "CODESIGNING_HSM",
        "CODESIGNING_IDLE_KEYS_OPEN",
        "CODESIGNING_LOG_FORMAT",
        "CODESIGNING_MAIL_FROM",
        "CODESIGNING_MASTER_KEY",
        "CODESIGNING_MASTER_KEY_HSM",
        "CODESIGNING_METRICS_TOKEN",
        "CODESIGNING_PUBLIC_URL",
        "CODESIGNING_REQUESTS_IN_FLIGHT",
        "CODESIGNING_REQUESTS_PER_SECOND",
        "CODESIGNING_SECOND_FACTOR",
        "CODESIGNING_SIGNATURES_PER_SECOND",
        "CODESIGNING_SILO_ADDRESS",
        "CODESIGNING_SILO_PORT",
        "CODESIGNING_SMTP_HOST",
        "CODESIGNING_SMTP_PASSWORD",
        "CODESIGNING_SMTP_PORT",
        "CODESIGNING_SMTP_TLS",
        "CODESIGNING_SMTP_USER",
        "CODESIGNING_SSO_CLIENT_ID",
        "CODESIGNING_SSO_CLIENT_SECRET",
        "CODESIGNING_SSO_GROUPS_CLAIM",
        "CODESIGNING_SSO_ISSUER",
        "CODESIGNING_SSO_MAX_AGE",
        "CODESIGNING_SSO_NAME",
        "CODESIGNING_SSO_SCOPES",
        "CODESIGNING_SSO_SECOND_FACTOR",
        "CODESIGNING_TLS_CERT",
        "CODESIGNING_TLS_KEY",
        "CODESIGNING_TRUSTED_PROXIES",
        "CODESIGNING_URLS",
        "CODESIGNING_VERIFY_INTERVAL",
        "CODESIGNING_WEBHOOK_PRIVATE_ADDRESSES",
        "OTEL_EXPORTER_OTLP_ENDPOINT");

    /// <summary>The variables of the PKCS#11 module and the key storage provider, which may run beside a server.</summary>
    internal static FrozenSet<string> OfClients { get; } = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        "CODESIGNING_CA_CERTIFICATE",
        "CODESIGNING_CLIENT_ID",
        "CODESIGNING_CLIENT_SECRET",
        "CODESIGNING_PKCS11_CONFIG",
        "CODESIGNING_SERVER_URL",
        "CODESIGNING_TOKEN");
}
