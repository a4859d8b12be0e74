package com.example.api;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.security.oauth2.core.DelegatingOAuth2TokenValidator;
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
            .jwtProcessorCustomizer(processor -> processor.setJWSKeySelector(
                new JWSVerificationKeySelector<>(JWSAlgorithm.HS256, keys)))
            .build();
        // Spring would make a URL of the issuer; the rules compare it as it is.
        decoder.setClaimSetConverter(MappedJwtClaimSetConverter.withDefaults(
            Map.of(JwtClaimNames.ISS, issuer -> issuer)));
        decoder.setJwtValidator(new DelegatingOAuth2TokenValidator<>(
            timestamps, new JwtIssuerValidator(ISSUER), new JwtAudienceValidator(AUDIENCE)));
        return decoder;
    }

    /**
     * The secrets that sign the tokens also verify them. They come from the environment,
     * never from the source: KEY_ID:SECRET, and while another takes over both with a comma.
     */
    @Bean
    JWKSource<SecurityContext> keys(@Value("${SIGNING_SECRETS}") List<String> pairs) {
        List<JWK> keys = new ArrayList<>();
        for (String pair : pairs) {
            String[] parts = pair.split(":", 2);
            byte[] secret = parts[1].getBytes(StandardCharsets.UTF_8);
            keys.add(new OctetSequenceKey.Builder(secret).keyID(parts[0]).build());
        }
        return new ImmutableJWKSet<>(new JWKSet(keys));
    }
}
