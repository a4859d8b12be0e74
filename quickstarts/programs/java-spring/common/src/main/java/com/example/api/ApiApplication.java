package com.example.api;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.security.core.annotation.AuthenticationPrincipal;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;

@SpringBootApplication
@RestController
@RequestMapping("/api")
public class ApiApplication {

    public static void main(String[] args) {
        SpringApplication.run(ApiApplication.class, args);
    }

    @JsonInclude(JsonInclude.Include.NON_NULL)
    record Answer(String message, String sub) {
    }

    @GetMapping("/public")
    Answer anyone() {
        return new Answer("Anyone may read this.", null);
    }

    @GetMapping("/private")
    Answer withToken(@AuthenticationPrincipal Jwt token) {
        return new Answer("Your token is valid.", token.getSubject());
    }

    @GetMapping("/private-scoped")
    Answer withScope(@AuthenticationPrincipal Jwt token) {
        return new Answer("Your token is valid and has the scope.", token.getSubject());
    }
}
