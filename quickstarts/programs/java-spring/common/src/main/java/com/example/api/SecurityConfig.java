package com.example.api;

import java.util.stream.Collectors;

import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.security.access.AccessDeniedException;
import org.springframework.security.authorization.AuthorityAuthorizationDecision;
import org.springframework.security.authorization.AuthorizationDeniedException;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.config.http.SessionCreationPolicy;
import org.springframework.security.web.SecurityFilterChain;

@Configuration
class SecurityConfig {

    @Bean
    SecurityFilterChain security(HttpSecurity http) {
        return http
            .authorizeHttpRequests(requests -> requests
                // Spring answers failures of its own by way of /error.
                .requestMatchers("/api/public", "/error").permitAll()
                .requestMatchers("/api/private-scoped").hasAuthority("SCOPE_read:example")
                .anyRequest().authenticated())
            .oauth2ResourceServer(server -> server
                .jwt(Customizer.withDefaults())
                .accessDeniedHandler(SecurityConfig::nameMissingScope))
            // Each request brings its token, so there is nothing to remember.
            .sessionManagement(session -> session.sessionCreationPolicy(SessionCreationPolicy.STATELESS))
            .build();
    }

    /** Answers 403 and names the scope, which Spring's own handler leaves out (RFC 6750 section 3). */
    private static void nameMissingScope(
            HttpServletRequest request, HttpServletResponse response, AccessDeniedException denied) {
        String challenge = "Bearer error=\"insufficient_scope\"";
        if (denied instanceof AuthorizationDeniedException exception
                && exception.getAuthorizationResult() instanceof AuthorityAuthorizationDecision decision) {
            String scopes = decision.getAuthorities().stream()
                .map(authority -> authority.getAuthority().substring("SCOPE_".length()))
                .collect(Collectors.joining(" "));
            challenge += ", scope=\"" + scopes + "\"";
        }
        response.setHeader(HttpHeaders.WWW_AUTHENTICATE, challenge);
        response.setStatus(HttpStatus.FORBIDDEN.value());
    }
}
