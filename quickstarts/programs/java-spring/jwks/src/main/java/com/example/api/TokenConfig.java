package com.example.api;

import java.net.MalformedURLException;
import java.net.URL;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
import org.springframework.security.oauth2.jose.jws.SignatureAlgorithm;
import org.springframework.security.oauth2.jwt.JwtAudienceValidator;
import org.springframework.security.oauth2.jwt.JwtClaimNames;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.JwtIssuerValidator;
import org.springframework.security.oauth2.jwt.JwtTimestampValidator;
import org.springframework.security.oauth2.jwt.MappedJwtClaimSetConverter;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;

@Configuration
class TokenConfig {

    private static final String ISSUER = "https://issuer.example/";
    private static final String AUDIENCE = "https://api.example/";

    @Bean
    JwtDecoder jwtDecoder(JWKSource<SecurityContext> keys) {
        JwtTimestampValidator timestamps = new JwtTimestampValidator();
        timestamps.setAllowEmptyExpiryClaim(false);
        NimbusJwtDecoder decoder = NimbusJwtDecoder.withJwkSource(keys)
            .jwsAlgorithm(SignatureAlgorithm.RS256)
            .build();
        // Spring would make a URL of the issuer; the rules compare it as it is.
        decoder.setClaimSetConverter(MappedJwtClaimSetConverter.withDefaults(
            Map.of(JwtClaimNames.ISS, issuer -> issuer)));
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
            timestamps, new JwtIssuerValidator(ISSUER), new JwtAudienceValidator(AUDIENCE)));
        return decoder;
    }

    /** Fetches the issuer's public keys when the first token comes, and keeps them for five minutes. */
    @Bean
    JWKSource<SecurityContext> keys() throws MalformedURLException {
        URL url = new URL(ISSUER + ".well-known/jwks.json");
        JWKSource<SecurityContext> remote = JWKSourceBuilder
            .create(url, new DefaultResourceRetriever(5_000, 5_000, 50 * 1024))
            // A token with an unknown key makes us fetch, but never more than twice in a minute,
            // so that nobody can make us flood the issuer.
            .rateLimited(60_000)
            .build();
        return (selector, context) -> {
            try {
                return remote.get(selector, context);
            } catch (RateLimitReachedException e) {
                // The key is unknown and it is too early to ask again: the token is invalid.
                return List.of();
            }
        };
    }
}
